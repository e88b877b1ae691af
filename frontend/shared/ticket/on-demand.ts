import { defineAsyncComponent, type Component } from 'vue'
import { toast } from '@/shared/components/toasts'

/** A part that most visits do not need, fetched when it is first shown. Without a network it is tried again at the next touch. */
export function onDemand<Part extends Component>(loader: () => Promise<{ default: Part }>): Part {
  return defineAsyncComponent<Part>({
    loader,
    onError: (_error, _retry, fail) => {
      toast('网络不通，请检查网络后重试。', 'bad')
      fail()
    },
  })
}

/** A part that a page does as well without: what cannot be fetched, for want of a network, is simply not there. */
export const quietly = <Part extends Component>(loader: () => Promise<{ default: Part }>): Part =>
  defineAsyncComponent<Part>({ loader, onError: (_error, _retry, fail) => fail() })
