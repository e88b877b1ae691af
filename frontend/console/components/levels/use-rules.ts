import { computed, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { isChangedMeanwhile, messagesByField, type RuleEffect, type RuleVersion } from '@/shared/api/rules'
import { ApiProblem, describeProblem } from '@/shared/api/problem'
import { toast } from '@/shared/components/toasts'
import type { Change } from '@/shared/levels/draft'
import { copyOf, same, type Merge } from '@/shared/levels/merge'
import { useUnsaved } from '../../tabs/unsaved'

/** Rules that somebody edits: a draft beside what holds, its effect before it is saved, and what to do when somebody was faster. */

interface Kind<View extends Draft & { history: RuleVersion[]; may_change: boolean }, Draft extends { version: number }> {
  fetch: () => Promise<View>
  save: (draft: Draft) => Promise<View>
  preview: (draft: Draft) => Promise<RuleEffect>
  draftOf: (view: View) => Draft
  /** in the form that is sent */
  tidied: (draft: Draft) => Draft
  changes: (before: Draft, after: Draft) => Change[]
  problems: (draft: Draft) => Record<string, string>
  merge: (base: Draft, mine: Draft, theirs: Draft) => Merge<Draft>
  saved: string
}

export interface Conflict<View> {
  theirs: View
  /** what they changed, against what this page began with */
  changes: Change[]
}

export interface Rules<View, Draft> {
  view: ShallowRef<View | null>
  draft: Ref<Draft | null>
  /** why nothing could be read */
  trouble: Ref<string>
  /** why the last attempt failed, as far as no field says it */
  message: Ref<string>
  errors: ComputedRef<Record<string, string>>
  changes: ComputedRef<Change[]>
  effect: ShallowRef<RuleEffect | null>
  busy: Ref<'' | 'preview' | 'save'>
  conflict: ShallowRef<Conflict<View> | null>
  load: () => Promise<void>
  /** true when the dialog with the effect may open */
  preview: () => Promise<boolean>
  save: () => Promise<void>
  discard: () => void
  keepMine: () => void
  takeTheirs: () => void
  adopt: (view: View) => void
}

export function useRules<View extends Draft & { history: RuleVersion[]; may_change: boolean }, Draft extends { version: number }>(kind: Kind<View, Draft>): Rules<View, Draft> {
  const view = shallowRef(null) as ShallowRef<View | null>
  const draft = ref<Draft | null>(null) as Ref<Draft | null>
  const trouble = ref('')
  const message = ref('')
  const tried = ref(false)
  const refused = shallowRef<Record<string, string>>({})
  const effect = shallowRef<RuleEffect | null>(null)
  const busy = ref<'' | 'preview' | 'save'>('')
  const conflict = shallowRef<Conflict<View> | null>(null)

  const base = computed(() => view.value && kind.draftOf(view.value))
  const changes = computed(() => (base.value && draft.value ? kind.changes(base.value, kind.tidied(draft.value)) : []))
  const errors = computed(() => ({ ...refused.value, ...(tried.value && draft.value ? kind.problems(draft.value) : {}) }))

  // What the server said of an earlier draft says nothing of this one.
  watch(
    draft,
    () => {
      refused.value = {}
      message.value = ''
    },
    { deep: true },
  )
  useUnsaved(() => changes.value.length > 0)

  function adopt(newer: View): void {
    view.value = newer
    draft.value = kind.draftOf(newer)
    tried.value = false
    refused.value = {}
    effect.value = null
    conflict.value = null
    message.value = ''
  }

  async function load(): Promise<void> {
    try {
      adopt(await kind.fetch())
      trouble.value = ''
    } catch (error) {
      trouble.value = describeProblem(error)
    }
  }

  async function preview(): Promise<boolean> {
    if (!draft.value || busy.value !== '') return false
    tried.value = true
    effect.value = null
    if (Object.keys(kind.problems(draft.value)).length > 0) {
      message.value = '有内容需要改正，见标红处。'
      return false
    }
    busy.value = 'preview'
    try {
      effect.value = await kind.preview(kind.tidied(draft.value))
      return true
    } catch (error) {
      fail(error)
      return false
    } finally {
      busy.value = ''
    }
  }

  async function save(): Promise<void> {
    if (!draft.value || busy.value !== '') return
    busy.value = 'save'
    const sent = kind.tidied(copyOf(draft.value))
    try {
      adopt(await kind.save(sent))
      toast(kind.saved, 'good')
    } catch (error) {
      effect.value = null
      if (isChangedMeanwhile(error)) await meet(sent, error)
      else fail(error)
    } finally {
      busy.value = ''
    }
  }

  /** Somebody was faster, or our own answer was lost on its way: then what holds is what we sent. */
  async function meet(sent: Draft, refusal: unknown): Promise<void> {
    try {
      const theirs = await kind.fetch()
      const held = kind.draftOf(theirs)
      if (same({ ...sent, version: 0 }, { ...held, version: 0 })) {
        adopt(theirs)
        toast(kind.saved, 'good')
      } else if (base.value) conflict.value = { theirs, changes: kind.changes(base.value, held) }
    } catch {
      fail(refusal)
    }
  }

  function keepMine(): void {
    const { value: met } = conflict
    if (!met || !base.value || !draft.value) return
    const theirs = kind.draftOf(met.theirs)
    const { value, both } = kind.merge(base.value, kind.tidied(copyOf(draft.value)), theirs)
    adopt(met.theirs)
    draft.value = value
    toast(both.length > 0 ? `已载入最新版；有 ${both.length} 处两人都改了，保留了您的，请核对。` : '已载入最新版，您的修改都还在。')
  }

  function takeTheirs(): void {
    if (conflict.value) adopt(conflict.value.theirs)
  }

  function discard(): void {
    if (view.value) adopt(view.value)
  }

  function fail(error: unknown): void {
    refused.value = messagesByField(error)
    message.value = error instanceof ApiProblem && error.fields.length > 0 ? `没有保存：${describeProblem(error)}` : describeProblem(error)
  }

  void load()
  return { view, draft, trouble, message, errors, changes, effect, busy, conflict, load, preview, save, discard, keepMine, takeTheirs, adopt }
}
