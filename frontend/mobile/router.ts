import { createRouter, createWebHistory, type RouteLocationNormalized } from 'vue-router'
import { rememberedEntry } from './composables/entry-memory'
import EntryPage from './pages/EntryPage.vue'
import { useSession } from '@/shared/session/session'

// Only the page behind the QR is in the first load; everything else comes when it is asked for.
export const router = createRouter({
  history: createWebHistory('/'),
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/g/:code', component: EntryPage },
    { path: '/m', redirect: () => startAddress() },
    { path: '/m/new/:kind', component: () => import('./pages/NewTicketPage.vue'), meta: { tabs: false } },
    { path: '/m/receipt/:id', component: () => import('./pages/ReceiptPage.vue'), meta: { tabs: false } },
    { path: '/m/pending/:key?', component: () => import('./pages/PendingPage.vue'), meta: { tabs: false } },
    { path: '/m/grids', component: () => import('./pages/GridsPage.vue'), meta: { tabs: false } },
    { path: '/m/tickets', component: () => import('./pages/MyTicketsPage.vue') },
    { path: '/m/tickets/:id', component: () => import('./pages/TicketPage.vue'), meta: { tabs: false } },
    { path: '/m/login', component: () => import('./pages/StaffLoginPage.vue'), meta: { tabs: false } },
    { path: '/m/password', component: () => import('./pages/PasswordPage.vue'), meta: { tabs: false } },
    { path: '/m/work', component: () => import('./pages/WorkPage.vue'), meta: { staff: true } },
    { path: '/m/below', component: () => import('./pages/BelowPage.vue'), meta: { staff: true } },
    { path: '/m/meetings', component: () => import('./pages/meetings/MeetingsPage.vue') },
    { path: '/m/meetings/:id', component: () => import('./pages/meetings/MeetingPage.vue'), meta: { tabs: false } },
    { path: '/m/meetings/:id/sign-in', component: () => import('./pages/meetings/SignInPage.vue'), meta: { tabs: false } },
    { path: '/m/meetings/:id/notes', component: () => import('./pages/meetings/NotesPage.vue'), meta: { tabs: false } },
    { path: '/m/meetings/:id/:part(minutes|writing|media)', component: () => import('./pages/meetings/AfterPage.vue'), meta: { tabs: false } },
    { path: '/m/meetings/:id/host', component: () => import('./pages/meetings/HostPage.vue'), meta: { tabs: false } },
    { path: '/m/sign-in', component: () => import('./pages/meetings/RefusedScanPage.vue'), meta: { tabs: false } },
    { path: '/m/inbox', component: () => import('./pages/InboxPage.vue') },
    { path: '/m/notifications', component: () => import('./pages/WishesPage.vue'), meta: { tabs: false } },
    { path: '/m/attendance', component: () => import('./pages/meetings/AttendancePage.vue'), meta: { tabs: false } },
    { path: '/m/:part(duties|branches|leader)', component: () => import('./pages/duties/DutyPages.vue'), meta: { tabs: false } },
    { path: '/m/:part(organisational-life|appraisals)/:id?', component: () => import('./pages/BranchPages.vue'), meta: { tabs: false } },
    { path: '/:place(g/[^/]+/policies|m/diary|m/map)/:id?', component: () => import('./pages/service/ServicePages.vue'), meta: { tabs: false } },
    { path: '/m/privacy', component: () => import('./pages/PrivacyPage.vue'), meta: { tabs: false } },
    { path: '/m/me', component: () => import('./pages/MePage.vue') },
    { path: '/:rest(.*)*', component: () => import('./pages/LostPage.vue') },
  ],
})

router.beforeEach(async (to) => {
  const session = useSession()
  if (to.meta['staff'] !== true) return true
  if (session.phase.value === 'unknown') await session.refresh()
  return staffGate(to)
})

function staffGate(to: RouteLocationNormalized): true | { path: string; query: { next: string } } {
  const { me, phase } = useSession()
  if (phase.value === 'guest') return { path: '/m/login', query: { next: to.fullPath } }
  if (me.value?.must_change_password) return { path: '/m/password', query: { next: to.fullPath } }
  if (me.value && me.value.kind !== 'staff') return { path: '/m/login', query: { next: to.fullPath } }
  return true
}

function startAddress(): string {
  const { me } = useSession()
  if (me.value?.kind === 'staff') return '/m/work'
  const entry = rememberedEntry()
  return entry ? `/g/${entry.code}` : '/m/tickets'
}
