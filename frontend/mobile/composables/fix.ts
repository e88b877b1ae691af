import type { Fix } from '@/shared/meeting/types'

/** One position for a sign-in: asked when somebody presses the button, sent once, kept nowhere. */

export type FixOutcome = { outcome: 'found'; fix: Fix } | { outcome: 'denied' | 'unavailable' | 'timeout' | 'not-supported' }

export const fixWords: Record<Exclude<FixOutcome['outcome'], 'found'>, string> = {
  denied: '没有定位权限。请在手机设置里允许浏览器（微信）使用位置，再点一次；不方便时，请主持人代签。',
  unavailable: '暂时定不了位。请打开手机的定位（GPS）开关，再点一次；仍不行时，请主持人代签。',
  timeout: '定位超时。请走到窗边或空旷处，再点一次。',
  'not-supported': '这个浏览器不能定位，请换用微信或手机自带的浏览器扫码，或请主持人代签。',
}

/** A position that was found just now is worth more than a better one of yesterday. */
const recentMs = 10_000
/** Old phones count the time of a position from another beginning; such an age says nothing. */
const longestAgeMs = 86_400_000

/** `anew`: the one before was refused, so it must not be given again. */
export function currentFix(anew: boolean): Promise<FixOutcome> {
  if (!('geolocation' in navigator)) return Promise.resolve({ outcome: 'not-supported' })
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      (found) => resolve({ outcome: 'found', fix: fixOf(found.coords, found.timestamp, Date.now()) }),
      (error) => resolve({ outcome: error.code === error.PERMISSION_DENIED ? 'denied' : error.code === error.TIMEOUT ? 'timeout' : 'unavailable' }),
      { enableHighAccuracy: true, timeout: 12_000, maximumAge: anew ? 0 : recentMs },
    )
  })
}

export function fixOf(coords: { longitude: number; latitude: number; accuracy: number }, foundAt: number, now: number): Fix {
  const fix: Fix = { lng: coords.longitude, lat: coords.latitude, datum: 'wgs84', accuracy: Math.round(coords.accuracy) }
  const age = Math.round(now - foundAt)
  return age >= -1000 && age <= longestAgeMs ? { ...fix, age_ms: Math.max(0, age) } : fix
}
