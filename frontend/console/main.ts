import { createApp } from 'vue'
import '@/shared/styles/tokens.css'
import '@/shared/styles/desk.css'
import '@/shared/styles/base.css'
import './console.css'
import App from './App.vue'
import { router } from './router'
import { useTheme } from './theme/use-theme'
import { installLive } from '@/shared/live/use-live'
import { startSession } from '@/shared/session/session'
import { reloadOnStaleBuild } from '@/shared/session/stale-build'

reloadOnStaleBuild()
useTheme()
const app = createApp(App)
installLive(app)
app.use(router)
app.mount('#app')
startSession()
