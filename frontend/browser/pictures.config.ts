import { defineConfig } from '@playwright/test'
import { chromium, patienceMs } from './support/chromium'

/** `npm run pictures`: pictures of every page with live demonstration data, into ../docs/pictures. */
export default defineConfig({
  testDir: '.',
  testIgnore: 'support/**',
  testMatch: ['pictures.ts', 'pictures-of-meetings.ts', 'pictures-of-branches.ts', 'pictures-of-grids.ts'],
  outputDir: '../../test-results',
  globalSetup: './support/build.ts',
  workers: 1,
  timeout: 10 * patienceMs,
  expect: { timeout: 2 * patienceMs },
  reporter: [['list']],
  use: { ...chromium, actionTimeout: patienceMs, navigationTimeout: patienceMs },
})
