import { ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { fetchOrders, type DutyOrder, type OrderQuery } from '@/shared/api/duties'
import { describeProblem } from '@/shared/api/problem'
import { toast } from '@/shared/components/toasts'

export interface Orders {
  /** null: not read yet */
  orders: ShallowRef<DutyOrder[] | null>
  message: Ref<string>
  more: Ref<boolean>
  loadingMore: Ref<boolean>
  load: () => Promise<void>
  loadMore: () => Promise<void>
  /** One that was given or changed here. */
  put: (order: DutyOrder) => void
}

const pageSize = 50
const most = 200

/** Orders of one kind of box and state, the newest first; read anew when the query changes. null: nobody is there to ask. */
export function useOrders(query: () => OrderQuery | null): Orders {
  const orders = shallowRef<DutyOrder[] | null>(null)
  const message = ref('')
  const cursor = ref<string | null>(null)
  const more = ref(false)
  const loadingMore = ref(false)
  let generation = 0

  watch(
    () => JSON.stringify(query()),
    () => {
      orders.value = null
      void load()
    },
    { immediate: true },
  )
  return { orders, message, more, loadingMore, load, loadMore, put }

  /** As many as are shown. */
  async function load(): Promise<void> {
    if (query() === null) return
    generation += 1
    const asked = generation
    try {
      const page = await fetchOrders({ ...query(), limit: Math.min(most, Math.max(pageSize, orders.value?.length ?? 0)) })
      if (asked !== generation) return
      orders.value = page.items
      take(page.next_cursor)
      message.value = ''
    } catch (error) {
      if (asked === generation) message.value = describeProblem(error)
    }
  }

  async function loadMore(): Promise<void> {
    if (cursor.value === null) return
    const asked = generation
    loadingMore.value = true
    try {
      const page = await fetchOrders({ ...query(), limit: pageSize, cursor: cursor.value })
      if (asked !== generation) return
      const known = new Set((orders.value ?? []).map(({ id }) => id))
      orders.value = [...(orders.value ?? []), ...page.items.filter(({ id }) => !known.has(id))]
      take(page.next_cursor)
    } catch (error) {
      toast(describeProblem(error), 'bad')
    } finally {
      loadingMore.value = false
    }
  }

  function take(next: string | null): void {
    cursor.value = next
    more.value = next !== null
  }

  function put(order: DutyOrder): void {
    const known = orders.value?.some(({ id }) => id === order.id) === true
    orders.value = known ? (orders.value?.map((other) => (other.id === order.id ? order : other)) ?? null) : [order, ...(orders.value ?? [])]
  }
}
