/** Where the phone is, in WGS84 as the device gives it. */

export interface Position {
  lng: number
  lat: number
  accuracy: number
}

export type PositionOutcome = { outcome: 'found'; position: Position } | { outcome: 'denied' | 'unavailable' | 'timeout' | 'not-supported' }

export const positionWords: Record<Exclude<PositionOutcome['outcome'], 'found'>, string> = {
  denied: '没有定位权限。可以在手机设置里允许定位，也可以用文字写清地点。',
  unavailable: '暂时定不了位，请用文字写清地点。',
  timeout: '定位超时，可以再试一次，或用文字写清地点。',
  'not-supported': '当前浏览器不能定位，请用文字写清地点。',
}

export function currentPosition(): Promise<PositionOutcome> {
  if (!('geolocation' in navigator)) return Promise.resolve({ outcome: 'not-supported' })
  return new Promise((resolve) => {
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ outcome: 'found', position: { lng: coords.longitude, lat: coords.latitude, accuracy: Math.round(coords.accuracy) } }),
      (error) => resolve({ outcome: error.code === error.PERMISSION_DENIED ? 'denied' : error.code === error.TIMEOUT ? 'timeout' : 'unavailable' }),
      { enableHighAccuracy: true, timeout: 12_000, maximumAge: 30_000 },
    )
  })
}

/** Metres between two points on the ground. */
export function distance(a: { lng: number; lat: number }, b: { lng: number; lat: number }): number {
  const rad = Math.PI / 180
  const x = (b.lng - a.lng) * rad * Math.cos(((a.lat + b.lat) / 2) * rad)
  const y = (b.lat - a.lat) * rad
  return Math.sqrt(x * x + y * y) * 6_371_000
}

export function distanceWords(metres: number): string {
  if (metres < 1000) return `${Math.max(10, Math.round(metres / 10) * 10)} 米`
  return `${(metres / 1000).toFixed(1)} 公里`
}
