/** What the camera read. Only a sign-in code of this very server is followed: a foreign code may lead anywhere. */

export type ScanResult = { kind: 'code'; path: string } | { kind: 'foreign' } | { kind: 'nothing' }

const codePath = /^\/s\/[A-Za-z0-9.~_-]{1,64}$/

export function readScan(text: string, origin: string): ScanResult {
  const trimmed = text.trim()
  if (trimmed === '') return { kind: 'nothing' }
  let address: URL
  try {
    address = new URL(trimmed)
  } catch {
    return { kind: 'foreign' }
  }
  if (address.origin !== origin || address.username !== '' || address.password !== '' || !codePath.test(address.pathname)) return { kind: 'foreign' }
  return { kind: 'code', path: address.pathname }
}
