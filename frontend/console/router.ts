import { createRouter, createWebHistory } from 'vue-router'
import { useSession } from '@/shared/session/session'
import { homeOf, mayEnter, usesGrids } from './rights'

/** What each page is called on its tab, and under which entry of the menu it stands: tabs/page-tabs.ts. */
const grids = { key: 'tickets', title: '诉求管理' }

export const router = createRouter({
  history: createWebHistory('/'),
  routes: [
    { path: '/login', component: () => import('./pages/LoginPage.vue') },
    {
      path: '/console',
      component: () => import('./pages/ConsoleShell.vue'),
      meta: { staff: true },
      children: [
        { path: '', component: () => import('./pages/GridsPage.vue'), meta: { home: true, page: grids } },
        { path: 'ticket-statistics', component: () => import('./pages/TicketStatisticsPage.vue'), meta: { page: { key: 'ticket-statistics', title: '诉求统计' } } },
        { path: 'grids/print', component: () => import('./pages/GridPrintPage.vue'), meta: { page: { key: 'grid-print', title: '打印二维码', menu: 'grids' } } },
        { path: 'grids/:id/area', component: () => import('./pages/GridAreaPage.vue'), meta: { page: { key: 'grid-area', title: '网格范围', record: true, menu: 'grids' } } },
        { path: 'grids/:id?', component: () => import('./pages/GridsPage.vue'), meta: { page: grids } },
        { path: 'meetings', component: () => import('./pages/MeetingsPage.vue'), meta: { page: { key: 'meetings', title: '会议' } } },
        { path: 'meetings/:id', component: () => import('./pages/MeetingPage.vue'), meta: { page: { key: 'meeting', title: '会议', record: true, menu: 'meetings' } } },
        { path: 'meetings/:id/minutes', component: () => import('./pages/MinutesPage.vue'), meta: { page: { key: 'minutes', title: '会议记录', record: true, menu: 'meetings' } } },
        { path: 'organisational-life', component: () => import('./pages/LifeMeetingsPage.vue'), meta: { page: { key: 'organisational-life', title: '组织生活会' } } },
        { path: 'organisational-life/:id', component: () => import('./pages/LifeMeetingPage.vue'), meta: { page: { key: 'life', title: '组织生活会', record: true, menu: 'organisational-life' } } },
        { path: 'supervision', component: () => import('./pages/SupervisionPage.vue'), meta: { page: { key: 'supervision', title: '会议督导' } } },
        { path: 'supervision/:id', component: () => import('./pages/MeetingPage.vue'), props: { lookingOn: true }, meta: { page: { key: 'supervised', title: '会议督导', record: true, menu: 'supervision' } } },
        { path: 'supervision/:id/minutes', component: () => import('./pages/MinutesPage.vue'), props: { lookingOn: true }, meta: { page: { key: 'supervised-minutes', title: '会议记录', record: true, menu: 'supervision' } } },
        { path: 'services', component: () => import('./pages/ServicesPage.vue'), meta: { page: { key: 'services', title: '政策与链接' } } },
        { path: 'attendance', component: () => import('./pages/AttendancePage.vue'), meta: { page: { key: 'attendance', title: '到会统计' } } },
        { path: 'overview', component: () => import('./pages/OverviewPage.vue'), meta: { page: { key: 'overview', title: '领导视图' } } },
        {
          path: 'duties',
          component: () => import('./pages/duties/DutiesPage.vue'),
          meta: { page: { key: 'duties', title: '组织生活督查' } },
          children: [
            { path: '', component: () => import('./pages/duties/WarningsPage.vue') },
            { path: 'calendar', component: () => import('./pages/duties/CalendarPage.vue') },
            { path: 'orders', component: () => import('./pages/duties/OrdersPage.vue') },
            { path: 'rules', component: () => import('./pages/duties/RulesPage.vue') },
          ],
        },
        { path: 'appraisals', component: () => import('./pages/AppraisalsPage.vue'), meta: { page: { key: 'appraisals', title: '民主评议' } } },
        { path: 'appraisals/:id', component: () => import('./pages/AppraisalPage.vue'), meta: { page: { key: 'appraisal', title: '民主评议', record: true, menu: 'appraisals' } } },
        { path: 'meeting-types', component: () => import('./pages/MeetingTypesPage.vue'), meta: { page: { key: 'meeting-types', title: '会议类型' } } },
        { path: 'inbox', component: () => import('./pages/InboxPage.vue'), meta: { page: { key: 'inbox', title: '消息' } } },
        { path: 'service-levels', component: () => import('./pages/ServiceLevelsPage.vue'), meta: { page: { key: 'service-levels', title: '服务时限' } } },
        { path: 'calendar', component: () => import('./pages/CalendarPage.vue'), meta: { page: { key: 'calendar', title: '工作日历' } } },
        { path: 'webhooks', component: () => import('./pages/WebhooksPage.vue'), meta: { page: { key: 'webhooks', title: '事件推送' } } },
        { path: 'screens', component: () => import('./pages/ScreensPage.vue'), meta: { page: { key: 'screens', title: '大屏管理' } } },
        { path: 'organisations/:id?', component: () => import('./pages/OrganisationsPage.vue'), meta: { page: { key: 'organisations', title: '组织机构' } } },
        { path: 'members/:id?', component: () => import('./pages/MembersPage.vue'), meta: { page: { key: 'members', title: '党员' } } },
        { path: 'integrations', component: () => import('./pages/IntegrationsPage.vue'), meta: { page: { key: 'integrations', title: '开放接口' } } },
        { path: 'channels', component: () => import('./pages/ChannelsPage.vue'), meta: { page: { key: 'channels', title: '外发渠道' } } },
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
