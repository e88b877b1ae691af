import { defineConfig } from '@playwright/test'
import { chromium, patienceMs } from './support/chromium'

/** `npm run test:mocked`: pages whose server is played by the test. Needs `npm run build`, and no server. */
export default defineConfig({
  testDir: './mocked',
  testMatch: '*.spec.ts',
  outputDir: '../../test-results',
  workers: 1,
  timeout: 2 * patienceMs,
  expect: { timeout: patienceMs / 2 },
  reporter: [['list']],
  // A page with a worker asks through it, unseen by the tests' routes; the tests of the worker allow it.
  use: { ...chromium, serviceWorkers: 'block', actionTimeout: patienceMs / 2, navigationTimeout: patienceMs, trace: 'retain-on-failure' },
})
