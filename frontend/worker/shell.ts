import { scope } from './scope'

/**
 * The resident's pages without a network. The build writes the list; every file's name carries a hash of its content, so
 * the files of two builds never mix: the HTML of a build names its own files, and they lie in one cache or come from the
 * network. The cache before the newest stays for pages that are still open.
 */
declare const __SHELL__: { version: string; files: readonly string[]; staff: readonly string[] }

const prefix = 'lianxin-shell-'
const current = prefix + __SHELL__.version
const page = '/m'
/** Its being there says that somebody who serves a grid uses this phone; residents' phones need not load what those alone open. */
const staffMark = 'lianxin-staff'
const cachesKept = 2
/** A village's network may take longer than anybody waits; then the page of the last build comes, and all its files with it. */
const patienceMs = 4000

export async function keepShell(): Promise<void> {
  const cache = await caches.open(current)
  // Half a shell is none: one missing file and the old worker stays.
  await cache.addAll([page, ...__SHELL__.files])
  if (await caches.has(staffMark)) await keepStaffShell().catch(() => undefined)
}

export async function keepStaffShell(): Promise<void> {
  await caches.open(staffMark)
  const cache = await caches.open(current)
  const known = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname))
  await cache.addAll(__SHELL__.staff.filter((file) => !known.has(file)))
}

export async function dropOldShells(): Promise<void> {
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix) && name !== current)
  await Promise.all(names.slice(0, Math.max(0, names.length - (cachesKept - 1))).map((name) => caches.delete(name)))
}

/** undefined: the browser does as if there were no worker. */
export function shellAnswer(request: Request): Promise<Response> | undefined {
  const { origin, pathname } = new URL(request.url)
  if (request.method !== 'GET' || origin !== scope.location.origin) return undefined
  if (pathname.startsWith('/build/')) return file(request)
  return request.mode === 'navigate' && /^\/(g|m)(\/|$)/.test(pathname) ? document(request) : undefined
}

async function file(request: Request): Promise<Response> {
  return (await caches.match(request.url)) ?? fetch(request)
}

/** The newest page when the network gives it in time, else the one that is kept. */
async function document(request: Request): Promise<Response> {
  const newest = fetch(request)
  const kept = (await (await caches.open(current)).match(page)) ?? (await caches.match(page))
  if (!kept) return newest
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(kept), patienceMs))
  const inTime = newest.then((answer) => (answer.status >= 500 ? kept : answer)).catch(() => kept)
  return Promise.race([inTime, late])
}
