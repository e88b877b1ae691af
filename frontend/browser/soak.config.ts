import { defineConfig } from '@playwright/test'
import { chromium, patienceMs } from './support/chromium'

/**
 * What takes long or wants the machine for itself. `npm run soak:wall`: the meeting wall for an hour (LIANXIN_SOAK_MINUTES) over a
 * meeting in which people come and go. `npm run soak:board`: what a board of 2,000 points costs.
 */
export default defineConfig({
  testDir: '.',
  testMatch: '*.soak.ts',
  outputDir: '../../test-results',
  globalSetup: './support/build.ts',
  workers: 1,
  // The soak knows itself how long it takes.
  timeout: 0,
  expect: { timeout: patienceMs },
  reporter: [['list']],
  use: { ...chromium, actionTimeout: patienceMs, navigationTimeout: patienceMs, trace: 'off' },
})
