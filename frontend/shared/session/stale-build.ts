/**
 * After a deploy, an open page may ask for a chunk that no longer exists. Loading the page once more gets the new
 * build; the mark keeps a really missing file from reloading for ever.
 */
const mark = 'lianxin.reloaded_at'
const quietMs = 30_000

export function reloadOnStaleBuild(): void {
  window.addEventListener('vite:preloadError', (event) => {
    // Without a network a reload brings nothing, and may lose the page.
    if (!navigator.onLine) return
    const last = Number(sessionStorage.getItem(mark) ?? 0)
    if (Date.now() - last < quietMs) return
    sessionStorage.setItem(mark, String(Date.now()))
    event.preventDefault()
    location.reload()
  })
}
