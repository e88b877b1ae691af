import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const frontend = fileURLToPath(new URL('..', import.meta.url))
const slowMs = 30_000

it(
  'has the types of the present API document (else: npm run types)',
  () => {
    const check = (): unknown =>
      execFileSync(process.execPath, ['node_modules/openapi-typescript/bin/cli.js', '../docs/openapi.json', '-o', 'shared/api/schema.d.ts', '--check'], { cwd: frontend, stdio: 'pipe' })
    expect(check).not.toThrow()
  },
  slowMs,
)
