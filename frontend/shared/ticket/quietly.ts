import { defineAsyncComponent, type Component } from 'vue'

/** A part that a page does as well without: what cannot be fetched, for want of a network, is simply not there. */
export function quietly<Part extends Component>(loader: () => Promise<{ default: Part }>): Part {
  return defineAsyncComponent<Part>({
    loader,
    onError: (_error, _retry, fail) => fail(),
  })
}
