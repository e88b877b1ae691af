import { expect, it } from 'vitest'
import { fixOf } from './fix'

const coords = { longitude: 105.1234567, latitude: 24.5, accuracy: 12.4 }
const now = Date.parse('2026-11-21T06:00:00.000Z')

it.each([
  ['just found', now, 0],
  ['a moment ahead of the clock', now + 400, 0],
  ['two seconds old', now - 2000, 2000],
])('tells the age of a position: %s', (_words, foundAt, age_ms) => expect(fixOf(coords, foundAt, now)).toEqual({ lng: 105.1234567, lat: 24.5, datum: 'wgs84', accuracy: 12, age_ms }))

it.each([
  ['counted from another beginning', now - 978_307_200_000],
  ['from the future', now + 60_000],
])('tells no age that cannot be one: %s', (_words, foundAt) => expect(fixOf(coords, foundAt, now)).not.toHaveProperty('age_ms'))
