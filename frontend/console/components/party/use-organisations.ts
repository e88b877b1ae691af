import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { useRoute } from 'vue-router'
import { fetchOrganisationTree, type OrganisationNode } from '@/shared/api/organisations'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import { useSession } from '@/shared/session/session'
import { usesParty } from '../../rights'
import { nodeOf } from '../fold-tree'

export interface Organisations {
  /** null: not read yet, or there is none */
  tree: ShallowRef<OrganisationNode | null>
  /** There is no organisation that this person sees. */
  none: Ref<boolean>
  message: Ref<string>
  /** false: this person has nothing to do here */
  allowed: ComputedRef<boolean>
  /** What the address names, or else the top of the tree. */
  chosenId: ComputedRef<string | null>
  /** The same in the tree. */
  chosen: ComputedRef<OrganisationNode | null>
  load: () => Promise<void>
}

/** The tree of organisations as far as this person sees it, and which of it the page is about. */
export function useOrganisations(): Organisations {
  const route = useRoute()
  const { me } = useSession()
  const tree = shallowRef<OrganisationNode | null>(null)
  const none = ref(false)
  const message = ref('')
  // Who it is stays unknown while the server cannot be reached; that is no refusal.
  const allowed = computed(() => me.value === null || usesParty(me.value))
  const chosenId = computed(() => (typeof route.params['id'] === 'string' && route.params['id'] !== '' ? route.params['id'] : (tree.value?.id ?? null)))
  const chosen = computed(() => (tree.value && chosenId.value !== null ? nodeOf(tree.value, chosenId.value) : null))

  async function load(): Promise<void> {
    if (!allowed.value) return
    try {
      tree.value = await fetchOrganisationTree()
      none.value = false
      message.value = ''
    } catch (error) {
      none.value = error instanceof ApiProblem && error.code === 'organisation.not_found'
      message.value = none.value ? '' : describeProblem(error)
    }
  }
  watch(() => me.value?.id, load, { immediate: true })

  return { tree, none, message, allowed, chosenId, chosen, load }
}
