import { createApp } from 'vue'
import '@/shared/styles/tokens.css'
import '@/shared/styles/base.css'
import './mobile.css'
import App from './App.vue'
import { router } from './router'
import { toast } from '@/shared/components/toasts'
import { installLive } from '@/shared/live/use-live'
import { startSession } from '@/shared/session/session'
import { reloadOnStaleBuild } from '@/shared/session/stale-build'

reloadOnStaleBuild()
// Without a network a page that was never opened cannot come; the one that is open stays.
router.onError(() => toast('网络不通，这一页打不开。请联网后再试。', 'bad'))
const app = createApp(App)
installLive(app)
app.use(router)
app.mount('#app')
startSession()

// What needs no first look waits: on a slow network the page and the grid come first.
const firstLookMs = 3000
window.addEventListener('load', () => setTimeout(() => void import('./after-load').then(({ afterLoad }) => afterLoad(), () => undefined), firstLookMs))
