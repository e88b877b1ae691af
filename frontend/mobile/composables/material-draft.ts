import { keepText, keptText } from '@/shared/components/kept-text'
import type { Attachment } from '@/shared/api/types'
import type { Material } from '@/shared/organisational-life/types'

/** A 对照检查材料 while it is written: it lies on this device until it is sent. */
export interface MaterialDraft {
  text: string
  papers: Attachment[]
  /** the version it grew from; 0: none */
  base: number
}

export const limits = { text: 20_000, papers: 9 } as const

/** Of this account: a phone may be lent. */
export const draftKey = (accountId: string, lifeId: string): string => `material.${accountId}.${lifeId}`

export function readDraft(key: string): MaterialDraft | null {
  try {
    const value: unknown = JSON.parse(keptText(key) || 'null')
    if (typeof value !== 'object' || value === null) return null
    const { text, papers, base } = value as Partial<MaterialDraft>
    if (typeof text !== 'string' || typeof base !== 'number' || !Array.isArray(papers)) return null
    return { text, papers: papers.filter((paper) => typeof paper?.id === 'string'), base }
  } catch {
    return null
  }
}

export function keepDraft(key: string, draft: MaterialDraft | null): void {
  keepText(key, draft === null ? '' : JSON.stringify(draft))
}

/** What one begins with: nothing, or what was handed in last. */
export function draftOf(material: Pick<Material, 'version' | 'versions'>): MaterialDraft {
  const newest = material.versions[0]
  return { text: newest?.text ?? '', papers: [...(newest?.attachments ?? [])], base: material.version }
}

export const isEmpty = (draft: MaterialDraft): boolean => draft.text.trim() === '' && draft.papers.length === 0

/** Whether it says something else than what was handed in last. */
export function isChanged(draft: MaterialDraft, material: Pick<Material, 'version' | 'versions'>): boolean {
  const before = draftOf(material)
  return draft.text.trim() !== before.text.trim() || idsOf(draft) !== idsOf(before)
}

function idsOf(draft: MaterialDraft): string {
  return draft.papers.map(({ id }) => id).join()
}
