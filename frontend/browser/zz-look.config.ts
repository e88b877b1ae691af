import { defineConfig } from '@playwright/test'
import { chromium } from './support/chromium'
export default defineConfig({ testDir: '.', testMatch: 'zz-look.ts', workers: 1, timeout: 120000, outputDir: '/tmp/fe-rules-shots/results', reporter: [['line']], use: { ...chromium, actionTimeout: 8000 } })
