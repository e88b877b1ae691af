import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { fetchOrganisationTree, type OrganisationNode } from '@/shared/api/organisations'
import { ApiProblem, describeProblem } from '@/shared/api/problem'

export interface Organisations {
  /** null: not read yet, or there is none */
  tree: ShallowRef<OrganisationNode | null>
  /** There is no organisation that this person sees. */
  none: Ref<boolean>
  message: Ref<string>
  load: () => Promise<void>
}

/** The tree of organisations as far as this person sees it. */
export function useOrganisations(): Organisations {
  const tree = shallowRef<OrganisationNode | null>(null)
  const none = ref(false)
  const message = ref('')

  async function load(): Promise<void> {
    try {
      tree.value = await fetchOrganisationTree()
      none.value = false
      message.value = ''
    } catch (error) {
      none.value = error instanceof ApiProblem && error.code === 'organisation.not_found'
      message.value = none.value ? '' : describeProblem(error)
    }
  }

  return { tree, none, message, load }
}
