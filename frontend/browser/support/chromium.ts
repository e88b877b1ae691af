import type { PlaywrightTestOptions, PlaywrightWorkerOptions } from '@playwright/test'

/** Rust builds may run beside the tests. */
export const patienceMs = 30_000

/** The system's browser; LIANXIN_CHROMIUM names another one. */
export const chromium: Partial<PlaywrightTestOptions & PlaywrightWorkerOptions> = {
  locale: 'zh-CN',
  timezoneId: 'Asia/Shanghai',
  launchOptions: {
    executablePath: process.env['LIANXIN_CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  },
}

/** Playwright's own word about `serviceWorkers: 'block'`. */
export const workerBlocked = /Service Worker registration blocked by Playwright/
