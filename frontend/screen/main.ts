import { createApp } from 'vue'
import '@/shared/styles/tokens.css'
import '@/shared/styles/screens.css'
import '@/shared/styles/base.css'
import './screen.css'
import App from './App.vue'
import OwnScreen from './OwnScreen.vue'
import { installLive } from '@/shared/live/use-live'
import { startSession } from '@/shared/session/session'
import { reloadOnStaleBuild } from '@/shared/session/stale-build'
import { wearTheme } from './meeting/theme'
import { targetOf } from './target'
import { isOwnScreen, readKept } from './pairing/kept-screen'
import { installOwnScreen } from './pairing/own-screen'

wearTheme(targetOf(location.pathname).kind)
reloadOnStaleBuild()
// Either the screen is somebody of its own, with a token, or whoever is signed in looks at it.
if (isOwnScreen(location.pathname, readKept(localStorage))) {
  const app = createApp(OwnScreen)
  installOwnScreen(app)
  app.mount('#app')
} else {
  const app = createApp(App)
  installLive(app)
  app.mount('#app')
  startSession()
}
