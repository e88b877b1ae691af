/**
 * The consent to the position at a sign-in: its words, the version of these words, and whether somebody gave it on this
 * phone. Whoever changes what the words promise raises the version: then everybody is asked again, and the server
 * refuses what was agreed to before.
 */

export const consentVersion = 1

export const consentWords = {
  title: '签到时用一次位置，您同意吗？',
  facts: [
    { head: '用来做什么', text: '只用来核对您签到时是不是在会场。' },
    { head: '留下什么', text: '离会场多远、定位误差多大，连同您这次同意，记在签到记录里。坐标本身不保存，平时不取位置，不记行踪。' },
    { head: '留多久', text: '随签到记录一起保存，作为到会的依据。' },
  ],
  freedom: '不同意也能参会：请主持人代签。以后可以在“我的 → 隐私”里撤回。',
} as const

type Box = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

/** Of this account: a phone may be lent. */
const keyOf = (accountId: string): string => `lianxin.location_consent.${accountId}`

/** When the words of today were agreed to, in milliseconds; null: not yet, or to older words. */
export function consentGivenAt(box: Box, accountId: string): number | null {
  try {
    const value: unknown = JSON.parse(box.getItem(keyOf(accountId)) ?? 'null')
    if (typeof value !== 'object' || value === null) return null
    const { version, at } = value as { version?: unknown; at?: unknown }
    return version === consentVersion && typeof at === 'number' ? at : null
  } catch {
    return null
  }
}

export function giveConsent(box: Box, accountId: string, now: number): void {
  try {
    box.setItem(keyOf(accountId), JSON.stringify({ version: consentVersion, at: now }))
  } catch {
    // Without storage the question comes again, which is only tiresome.
  }
}

export function withdrawConsent(box: Box, accountId: string): void {
  try {
    box.removeItem(keyOf(accountId))
  } catch {
    // What could not be kept need not be removed.
  }
}
