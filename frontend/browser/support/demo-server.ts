import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { test } from '@playwright/test'

export const repository = resolve(fileURLToPath(new URL('../../..', import.meta.url)))
export const serverBinary = process.env['LIANXIN_BINARY'] ?? join(repository, 'target/debug/lianxin')
/** Names the folder with the prepared demonstration. */
export const templateVariable = 'LIANXIN_BROWSER_TEMPLATE'
export const password = 'Pruefung-2026'
const listening = /^listening on (http:\/\/\S+)$/

export interface Account {
  role: string
  account: string
  password: string
  name: string
  grid_code: string
}

/** The small demonstration, unless the flags say otherwise. */
function scaled(flags: readonly string[]): readonly string[] {
  return flags.includes('--scale') ? flags : ['--scale', 'small', ...flags]
}

/** A real server in a process of its own, with the demonstration in a folder of its own. */
export class DemoServer {
  readonly dataDir: string
  /** http://127.0.0.1:PORT, the same after a restart */
  base = ''
  private child: ChildProcess | null = null
  private readonly flags: readonly string[]

  private constructor(dataDir: string, flags: readonly string[]) {
    this.dataDir = dataDir
    this.flags = flags
  }

  static async start(flags: readonly string[] = []): Promise<DemoServer> {
    const dataDir = mkdtempSync(join(tmpdir(), 'lianxin-browser-'))
    const template = process.env[templateVariable]
    if (template && flags.length === 0) cpSync(template, dataDir, { recursive: true })
    const server = new DemoServer(dataDir, flags)
    await server.launch('127.0.0.1:0')
    return server
  }

  /** Starts a stopped server again over the same data, at the same address. */
  async restart(): Promise<void> {
    await this.launch(new URL(this.base).host)
  }

  /** Asks the server to stop and waits until it did. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { child } = this
    this.child = null
    if (!child || child.exitCode !== null) return
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  async dispose(): Promise<void> {
    await this.stop('SIGKILL')
    rmSync(this.dataDir, { recursive: true, force: true })
  }

  /** The `index`th account of a role, such as `('worker', 1)`. */
  account(role: string, index = 0): Account {
    const accounts = JSON.parse(readFileSync(join(this.dataDir, 'demo-accounts.json'), 'utf8')) as Account[]
    const found = accounts.filter((account) => account.role === role)[index]
    if (!found) throw new Error(`the demonstration has no account ${role} ${index}`)
    return found
  }

  /** The codes that the local twin of the SMS channel wrote down for a phone, oldest first. */
  smsCodes(phone: string): string[] {
    const outbox = join(this.dataDir, 'outbox/sms.jsonl')
    if (!existsSync(outbox)) return []
    const lines = readFileSync(outbox, 'utf8').split('\n').slice(0, -1)
    const messages = lines.map((line) => JSON.parse(line) as { phone: string; code: string })
    return messages.filter((message) => message.phone === phone).map((message) => message.code)
  }

  private async launch(bind: string): Promise<void> {
    const child = spawn(serverBinary, ['--config', 'config/test.toml', 'demo', ...scaled(this.flags)], {
      cwd: repository,
      env: { ...process.env, LIANXIN__DATA_DIR: this.dataDir, LIANXIN__SERVER__BIND: bind, LIANXIN_DEMO_PASSWORD: password },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.child = child
    this.base = await new Promise<string>((found, failed) => {
      child.once('error', failed)
      child.once('exit', (code) => failed(new Error(`the server ended with ${String(code)} before it listened`)))
      // Reads on after the address: a full pipe would stop the server.
      createInterface({ input: child.stdout }).on('line', (line) => {
        const address = listening.exec(line)?.[1]
        if (address) found(address)
      })
    })
  }
}

/** A server for all tests of the calling file. */
export function serverOfThisFile(): () => DemoServer {
  let server: DemoServer | null = null
  test.beforeAll(async () => {
    server = await DemoServer.start()
  })
  test.afterAll(() => server?.dispose())
  return () => {
    if (!server) throw new Error('the server starts before the first test')
    return server
  }
}
