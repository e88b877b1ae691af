import { createReadStream, existsSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { test } from '@playwright/test'
import { repository } from './demo-server'
import { pagePolicy } from './page-policy'

const kinds: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }

/** The built pages without a server behind them, for tests that play the server themselves. */
export class StaticPages {
  readonly base: string
  private readonly server: Server

  private constructor(server: Server) {
    this.server = server
    this.base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  static async start(): Promise<StaticPages> {
    const server = createServer((request, response) => {
      const path = normalize((request.url ?? '/').split('?')[0] ?? '/')
      const file = join(repository, 'static', path.startsWith('/screen') ? 'build/screen/index.html' : path)
      const kind = kinds[extname(file)]
      if (kind === undefined || !existsSync(file)) {
        response.writeHead(404).end()
        return
      }
      response.writeHead(200, { 'Content-Type': kind, 'Content-Security-Policy': pagePolicy })
      createReadStream(file).pipe(response)
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    return new StaticPages(server)
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((done) => this.server.close(done))
  }
}

/** The pages for all tests of the calling file. */
export function staticPages(): () => StaticPages {
  let pages: StaticPages | null = null
  test.beforeAll(async () => {
    pages = await StaticPages.start()
  })
  test.afterAll(() => pages?.stop())
  return () => {
    if (!pages) throw new Error('the pages are served before the first test')
    return pages
  }
}
