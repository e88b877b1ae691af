import { computed, ref, shallowRef, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { fetchOrganisationTree, type OrganisationNode } from '@/shared/api/organisations'
import { describeProblem } from '@/shared/api/problem'
import { flat } from '@/shared/meeting/organisations'

/** The organisations that one sees, those above before those below. */
export interface Organisations {
  tree: ShallowRef<OrganisationNode | null>
  nodes: ComputedRef<OrganisationNode[]>
  message: Ref<string>
  load: () => Promise<void>
}

export function useOrganisations(): Organisations {
  const tree = shallowRef<OrganisationNode | null>(null)
  const message = ref('')
  void load()
  return { tree, nodes: computed(() => flat(tree.value)), message, load }

  async function load(): Promise<void> {
    try {
      tree.value = await fetchOrganisationTree()
      message.value = ''
    } catch (error) {
      message.value = describeProblem(error)
    }
  }
}
