import { describe, expect, it } from 'vitest'
import { consentGivenAt, consentVersion, giveConsent, withdrawConsent } from './consent'

function box(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const values = new Map<string, string>()
  return { getItem: (key) => values.get(key) ?? null, setItem: (key, value) => void values.set(key, value), removeItem: (key) => void values.delete(key) }
}

describe('consent to the position', () => {
  it('is given once, by each account for itself', () => {
    const store = box()
    expect(consentGivenAt(store, 'a')).toBeNull()
    giveConsent(store, 'a', 1_000)
    expect(consentGivenAt(store, 'a')).toBe(1_000)
    expect(consentGivenAt(store, 'b')).toBeNull()
  })

  it('is gone when it was withdrawn', () => {
    const store = box()
    giveConsent(store, 'a', 1_000)
    withdrawConsent(store, 'a')
    expect(consentGivenAt(store, 'a')).toBeNull()
  })

  it('to older words, or unreadable, counts as none', () => {
    const store = box()
    store.setItem('lianxin.location_consent.a', JSON.stringify({ version: consentVersion - 1, at: 1_000 }))
    store.setItem('lianxin.location_consent.b', '{')
    expect(consentGivenAt(store, 'a')).toBeNull()
    expect(consentGivenAt(store, 'b')).toBeNull()
  })

  it('costs nothing where the browser forbids storage', () => {
    const forbidden = { getItem: () => { throw new Error('no') }, setItem: () => { throw new Error('no') }, removeItem: () => { throw new Error('no') } }
    giveConsent(forbidden, 'a', 1)
    withdrawConsent(forbidden, 'a')
    expect(consentGivenAt(forbidden, 'a')).toBeNull()
  })
})
