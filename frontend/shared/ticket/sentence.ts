/** The rule of the one sentence that residents may know of a request. */

export const sentenceLimits = { least: 4, most: 60 } as const

/** Why a sentence cannot be made public, before the server is asked; null: nothing is wrong that a page can see. */
export function sentenceProblem(text: string): string | null {
  const length = Array.from(text.trim()).length
  if (length < sentenceLimits.least) return '至少写 4 个字，让邻居看得明白。'
  if (length > sentenceLimits.most) return '最多 60 个字。'
  if (/[\r\n]/.test(text.trim())) return '只写一句话，不要换行。'
  // 138-1234 5678 is one number, and full-width digits are digits.
  const plain = text.normalize('NFKC')
  const numbers = plain.match(/\d[\d \-‐–]*/g) ?? []
  const digits = numbers.map((number) => number.replace(/\D/g, ''))
  if (digits.some((number) => number.length >= 15)) return '含有像身份证号的数字，请去掉。'
  if (digits.some((number) => /1[3-9]\d{9}/.test(number))) return '含有像手机号的数字，请去掉。'
  return null
}
