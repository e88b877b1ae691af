import { createApp } from 'vue'
import '@/shared/styles/tokens.css'
import '@/shared/styles/base.css'
import './mobile.css'
import App from './App.vue'
import { router } from './router'
import { goneAway, startAfresh } from './composables/away'
import { onReading } from '@/shared/api/client'
import { toast } from '@/shared/components/toasts'
import { installLive } from '@/shared/live/use-live'
import { keptOwner } from '@/shared/session/kept-owner'
import { startSession, useSession } from '@/shared/session/session'
import { reloadOnStaleBuild } from '@/shared/session/stale-build'

reloadOnStaleBuild()
// Without a network a page that was never opened cannot come; the one that is open stays.
router.onError(() => toast('网络不通，这一页打不开。请联网后再试。', 'bad'))
// Only a worker's phone keeps what it reads; it loads what that needs beside the answer itself.
onReading((address, answer) => {
  if (keptOwner() === null) return answer
  answer.catch(() => undefined)
  return import('./composables/kept-reading').then(
    ({ kept, through }) => through(kept, address, answer),
    () => answer,
  )
})
window.addEventListener('offline', () => useSession().me.value?.kind === 'staff' && goneAway())
router.afterEach((to, from) => to.path !== from.path && startAfresh())
const app = createApp(App)
installLive(app)
app.use(router)
app.mount('#app')
startSession()

// What needs no first look waits: on a slow network the page and the grid come first.
const firstLookMs = 3000
window.addEventListener('load', () => setTimeout(() => void import('./after-load').then(({ afterLoad }) => afterLoad(), () => undefined), firstLookMs))
