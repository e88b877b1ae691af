import type { Plugin } from 'vite'

/** The development server answers the same addresses the real server gives the pages. */
const pages: ReadonlyArray<readonly [RegExp, string]> = [
  [/^\/(g|m)(\/|$)/, '/build/mobile/index.html'],
  [/^\/screen(\/|$)/, '/build/screen/index.html'],
  [/^\/(console|login)(\/|$)/, '/build/console/index.html'],
  [/^\/$/, '/build/start/index.html'],
]

export function pageRoutes(): Plugin {
  return {
    name: 'lianxin-page-routes',
    configureServer(server) {
      server.middlewares.use((request, _response, next) => {
        const path = (request.url ?? '/').split('?')[0] ?? '/'
        const page = pages.find(([pattern]) => pattern.test(path))
        if (page) request.url = page[1]
        next()
      })
    },
  }
}
