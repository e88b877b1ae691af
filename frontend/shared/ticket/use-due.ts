import { onScopeDispose, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { describeProblem } from '@/shared/api/problem'
import { fetchDue, type Due } from '@/shared/api/tickets'
import type { Ticket } from '@/shared/api/types'

const everyMs = 60_000

/** How a ticket's limit stands: asked again when the ticket changes, and every minute while the page is looked at. */
export function useDue(ticket: () => Ticket): { due: ShallowRef<Due | null>; message: Ref<string>; reload: () => Promise<void> } {
  const due = shallowRef<Due | null>(null)
  const message = ref('')
  let asked = 0

  watch(() => [ticket().id, ticket().version, ticket().due_at], reload, { immediate: true })
  const timer = setInterval(() => {
    if (!document.hidden) void reload()
  }, everyMs)
  onScopeDispose(() => clearInterval(timer))
  document.addEventListener('visibilitychange', whenSeenAgain)
  onScopeDispose(() => document.removeEventListener('visibilitychange', whenSeenAgain))
  return { due, message, reload }

  function whenSeenAgain(): void {
    if (!document.hidden) void reload()
  }

  async function reload(): Promise<void> {
    const mine = ++asked
    if (!ticket().clock) {
      due.value = null
      return
    }
    try {
      const answer = await fetchDue(ticket().id)
      if (mine !== asked) return
      due.value = answer
      message.value = ''
    } catch (error) {
      if (mine === asked) message.value = describeProblem(error)
    }
  }
}
