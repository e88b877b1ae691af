import { onScopeDispose } from 'vue'
import { useInbox } from '@/shared/inbox/inbox-store'
import { useLiveTopic } from '@/shared/live/use-live'

/**
 * Tells when warnings or orders may have changed: of `org` and all below it to whoever looks over it, otherwise by what
 * reaches the own inbox; and whoever comes back to the page after a while sees what is true then.
 */
export function useDutyNews(refresh: () => void, org: () => string | null | undefined = () => null): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let leftAt = 0
  // Several notifications of one moment are one look.
  const soon = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      refresh()
    }, togetherMs)
  }
  const leave = useInbox().onArrival(({ subject }) => {
    if (subject.kind === 'duty' || subject.kind === 'duty_order') soon()
  })
  useLiveTopic(() => (org() ? `duties:${org() ?? ''}` : null), { onEvent: soon })
  const seen = (): void => {
    if (document.visibilityState === 'hidden') leftAt = Date.now()
    else if (Date.now() - leftAt > awayMs) soon()
  }
  document.addEventListener('visibilitychange', seen)
  onScopeDispose(() => {
    clearTimeout(timer)
    leave()
    document.removeEventListener('visibilitychange', seen)
  })
}

const togetherMs = 400
const awayMs = 60_000
