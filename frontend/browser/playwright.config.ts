import { defineConfig } from '@playwright/test'
import { chromium, patienceMs } from './support/chromium'

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  // They need no server, and have a run of their own.
  testIgnore: 'mocked/**',
  outputDir: '../../test-results',
  globalSetup: './support/prepare.ts',
  // Every file starts a server of its own; one after the other keeps a small machine responsive.
  workers: 1,
  timeout: 4 * patienceMs,
  expect: { timeout: patienceMs },
  reporter: [['list']],
  // A page with a worker asks through it, unseen by the tests' routes; the tests of the worker allow it.
  use: { ...chromium, serviceWorkers: 'block', actionTimeout: patienceMs, navigationTimeout: patienceMs, trace: 'retain-on-failure' },
})
