import type { Integration } from '@/shared/api/integrations'
import type { EntryServices, PolicyLine, ServiceLink, ServiceRecord } from '@/shared/api/services'

/** Invented policies, links and records for tests. */

const village = { id: 'g3', name: '柳河村', full_name: '云溪镇 柳河村', level: 3 }

export const aPolicy = (changes: Partial<PolicyLine> = {}): PolicyLine => ({
  id: 'p1',
  version: 1,
  grid: village,
  title: '2027 年度城乡居民医疗保险开始缴费',
  summary: '缴费时间：即日起至 12 月 31 日。每人每年 400 元，可在手机上缴，也可以请网格员帮忙代办。',
  published_at: '2026-11-18T01:00:00.000Z',
  enabled: true,
  updated_at: '2026-11-18T01:00:00.000Z',
  ...changes,
})

export const aLink = (changes: Partial<ServiceLink> = {}): ServiceLink => ({
  id: 'l1',
  version: 1,
  grid: village,
  title: '党员远程教育',
  address: 'https://study.example.cn/',
  description: '课程、讲座和红色影片',
  sort_order: 1,
  enabled: true,
  updated_at: '2026-11-18T01:00:00.000Z',
  ...changes,
})

export const someServices = (): EntryServices => ({
  policies: [
    { id: 'p1', title: aPolicy().title, summary: aPolicy().summary, published_at: aPolicy().published_at, grid_name: '青岚县' },
    { id: 'p2', title: '冬季森林防火通告', summary: '林区三百米内禁止野外用火。', published_at: '2026-11-10T01:00:00.000Z', grid_name: '柳河村' },
  ],
  links: [1, 2, 3, 4].map((number) => ({ title: ['党员远程教育', '网上展馆', '志愿服务', '法律援助'][number - 1] ?? '', address: `https://study.example.cn/${number}`, description: number === 2 ? '' : '课程、讲座和红色影片' })),
})

export const aRecord = (changes: Partial<ServiceRecord> = {}): ServiceRecord => ({
  id: 'r1',
  version: 1,
  client_id: '01890a5d-ac96-774b-bcce-b302099a8057',
  author: { id: 'acc-1', name: '黄志强' },
  grid: { id: 'g5', name: '三组', full_name: '云溪镇 柳河村 三组', level: 5 },
  kind: 'visit',
  kind_title: '走访入户',
  happened_at: '2026-11-21T02:20:00.000Z',
  text: '上门看望独居的覃奶奶，量了血压，帮忙交了电费。家里屋檐有漏水，已报村里安排维修。',
  whom: '覃桂花',
  place: '三组村道口',
  attachments: [],
  created_at: '2026-11-21T03:00:00.000Z',
  updated_at: '2026-11-21T03:00:00.000Z',
  changeable_until: '2026-11-22T03:00:00.000Z',
  ...changes,
})

/** Another system that reports requests. */
export const anIntegration = (changes: Partial<Integration> = {}): Integration => ({
  id: 'i1', version: 1, name: '12345 热线', contact: '韦工 19900001234', grid: { id: 'g1', name: '青岚县', full_name: '青岚县', level: 1 }, enabled: true,
  created_at: '2026-11-02T01:00:00.000Z', key_made_at: '2026-11-02T01:00:00.000Z', last_used_at: '2026-11-21T06:02:00.000Z', ...changes,
})
