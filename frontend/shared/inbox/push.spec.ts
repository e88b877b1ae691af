import { describe, expect, it } from 'vitest'
import { bytesOf, deviceName } from './push'

describe('push', () => {
  it('reads the key that the server gives', () => {
    expect([...bytesOf('-_8A')]).toEqual([251, 255, 0])
  })

  it('names a browser as people do', () => {
    expect(deviceName('Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36')).toBe('安卓手机 · Chrome')
    expect(deviceName('Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0')).toBe('Windows 电脑 · Edge')
    expect(deviceName('something else')).toBe('这台设备')
  })
})
