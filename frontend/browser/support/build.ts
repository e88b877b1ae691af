import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { repository, serverBinary } from './demo-server'

/** Builds what is missing: the server, and the pages that it serves. */
export default function build(): void {
  if (!existsSync(serverBinary)) execFileSync('cargo', ['build', '--bin', 'lianxin'], { cwd: repository, stdio: 'inherit' })
  if (!existsSync(`${repository}/static/build/start/index.html`)) execFileSync('npm', ['run', 'build'], { cwd: `${repository}/frontend`, stdio: 'inherit' })
}
