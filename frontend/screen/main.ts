import { createApp } from 'vue'
import '@/shared/styles/tokens.css'
import '@/shared/styles/base.css'
import './screen.css'
import App from './App.vue'
import { installLive } from '@/shared/live/use-live'
import { startSession } from '@/shared/session/session'
import { reloadOnStaleBuild } from '@/shared/session/stale-build'
import { wearTheme } from './meeting/theme'
import { targetOf } from './target'

wearTheme(targetOf(location.pathname).kind)
reloadOnStaleBuild()
const app = createApp(App)
installLive(app)
app.mount('#app')
startSession()
