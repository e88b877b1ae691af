import { createRouter, createWebHistory } from 'vue-router'
import { useSession } from '@/shared/session/session'
import { homeOf, mayEnter, usesGrids } from './rights'

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/login', component: () => import('./pages/LoginPage.vue') },
    {
      path: '/console',
      component: () => import('./pages/ConsoleShell.vue'),
      meta: { staff: true },
      children: [
        { path: '', component: () => import('./pages/GridsPage.vue'), meta: { home: true } },
        { path: 'ticket-statistics', component: () => import('./pages/TicketStatisticsPage.vue') },
        { path: 'grids/print', component: () => import('./pages/GridPrintPage.vue') },
        { path: 'grids/:id/area', component: () => import('./pages/GridAreaPage.vue') },
        { path: 'grids/:id?', component: () => import('./pages/GridsPage.vue') },
        { path: 'meetings', component: () => import('./pages/MeetingsPage.vue') },
        { path: 'meetings/:id', component: () => import('./pages/MeetingPage.vue') },
        { path: 'meetings/:id/minutes', component: () => import('./pages/MinutesPage.vue') },
        { path: 'organisational-life', component: () => import('./pages/LifeMeetingsPage.vue') },
        { path: 'organisational-life/:id', component: () => import('./pages/LifeMeetingPage.vue') },
        { path: 'supervision', component: () => import('./pages/SupervisionPage.vue') },
        { path: 'supervision/:id', component: () => import('./pages/MeetingPage.vue'), props: { lookingOn: true } },
        { path: 'supervision/:id/minutes', component: () => import('./pages/MinutesPage.vue'), props: { lookingOn: true } },
        { path: 'services', component: () => import('./pages/ServicesPage.vue') },
        { path: 'attendance', component: () => import('./pages/AttendancePage.vue') },
        { path: 'overview', component: () => import('./pages/OverviewPage.vue') },
        {
          path: 'duties',
          component: () => import('./pages/duties/DutiesPage.vue'),
          children: [
            { path: '', component: () => import('./pages/duties/WarningsPage.vue') },
            { path: 'calendar', component: () => import('./pages/duties/CalendarPage.vue') },
            { path: 'orders', component: () => import('./pages/duties/OrdersPage.vue') },
            { path: 'rules', component: () => import('./pages/duties/RulesPage.vue') },
          ],
        },
        { path: 'appraisals', component: () => import('./pages/AppraisalsPage.vue') },
        { path: 'appraisals/:id', component: () => import('./pages/AppraisalPage.vue') },
        { path: 'meeting-types', component: () => import('./pages/MeetingTypesPage.vue') },
        { path: 'inbox', component: () => import('./pages/InboxPage.vue') },
        { path: 'service-levels', component: () => import('./pages/ServiceLevelsPage.vue') },
        { path: 'calendar', component: () => import('./pages/CalendarPage.vue') },
        { path: 'screens', component: () => import('./pages/ScreensPage.vue') },
        { path: 'organisations/:id?', component: () => import('./pages/OrganisationsPage.vue') },
        { path: 'members/:id?', component: () => import('./pages/MembersPage.vue') },
        { path: 'channels', component: () => import('./pages/ChannelsPage.vue') },
      ],
    },
    { path: '/:rest(.*)*', redirect: '/console' },
  ],
})

router.beforeEach(async (to) => {
  if (!to.matched.some((record) => record.meta['staff'] === true)) return true
  const session = useSession()
  if (session.phase.value === 'unknown') await session.refresh()
  const { me, phase } = session
  if (phase.value === 'guest' || me.value?.must_change_password || (me.value && !mayEnter(me.value))) return { path: '/login', query: { next: to.fullPath } }
  // Whoever serves no grid begins elsewhere.
  if (to.meta['home'] === true && me.value && !usesGrids(me.value)) return homeOf(me.value)
  return true
})
