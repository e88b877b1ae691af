import { defineConfig } from '@playwright/test'
import { chromium, patienceMs } from './support/chromium'

/** `npm run pages:look`: every page at every size that it is used at, onto one sheet to look at: target/pages/index.html. */
export default defineConfig({
  testDir: '.',
  testMatch: 'every-page*.ts',
  testIgnore: '*.config.ts',
  outputDir: '../../test-results',
  globalSetup: './support/build.ts',
  workers: 1,
  timeout: 40 * patienceMs,
  expect: { timeout: patienceMs },
  reporter: [['list']],
  use: { ...chromium, actionTimeout: patienceMs, navigationTimeout: patienceMs, trace: 'off' },
})
