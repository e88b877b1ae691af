/** The shapes of the API as the pages use them. Names follow the OpenAPI document's schemas. */

export type TicketState = 'submitted' | 'accepted' | 'completed' | 'rated' | 'withdrawn'
export type OpenState = 'submitted' | 'accepted' | 'completed'
export type Duty = 'leader' | 'deputy' | 'worker'

export interface Session {
  token: string
  csrf_token: string
  account: string
  name: string
  kind: 'staff' | 'resident'
  must_change_password: boolean
}

export interface MyGrid {
  id: string
  code: string
  name: string
  full_name: string
  level: number
  duty: Duty
  duty_title: string
}

export interface Me {
  id: string
  account: string
  name: string
  kind: 'staff' | 'resident'
  phone: string | null
  address: string | null
  profile_complete: boolean
  must_change_password: boolean
  roles: string[]
  csrf_token: string
  grids: MyGrid[]
  organisations: { id: string; name: string }[]
  unread_nudges: number
}

export interface Counters {
  submitted: number
  accepted: number
  completed: number
  rated: number
  overdue: number
  returned: number
}

export interface PolygonArea {
  type: 'Polygon'
  coordinates: number[][][]
}

export interface GridRef {
  id: string
  name: string
  full_name: string
  level: number
}

export interface GridNode {
  id: string
  code: string
  number: string
  name: string
  full_name: string
  level: number
  level_title: string
  parent_id: string | null
  order: number
  status: 'active' | 'disabled'
  organisation: { id: string; name: string } | null
  center: { lng: number; lat: number } | null
  area: PolygonArea | null
  staff_count: number
  vacant: boolean
  counters: Counters
  children?: GridNode[]
}

export interface Staff {
  account_id: string
  name: string
  duty: Duty
  duty_title: string
  phone: string
}

export interface GridDetail extends GridNode {
  ancestors: { id: string; name: string; level: number }[]
  staff: Staff[]
}

export interface Entry {
  grid: { id: string; code: string; name: string; full_name: string; level: number }
  staff: Staff[]
  services: { kind: string; title: string; hint: string }[]
  emergency: { number: string; title: string }[]
  usual_accept_minutes: number | null
}

export interface FormField {
  name: string
  label: string
  type: 'text' | 'bool' | 'choices' | 'place'
  required: boolean
  options?: { value: string; label: string }[]
  group?: string
  max_length?: number
}

export interface TicketKind {
  kind: string
  title: string
  hint: string
  private: boolean
  fields: FormField[]
}

export interface Attachment {
  id: string
  kind: 'image' | 'voice' | 'video' | 'document'
  media_type: string
  size: number
  name: string | null
  duration_ms: number | null
  width: number | null
  height: number | null
  url: string
}

export type FormValue = string | boolean | string[]

export interface Ticket {
  id: string
  number: string
  version: number
  kind: string
  kind_title: string
  state: TicketState
  content: string
  form: Record<string, unknown>
  emergency: boolean
  also_village: boolean
  grid: GridRef
  handling_level: number
  location: { lng: number; lat: number; accuracy: number | null } | null
  location_grid: { id: string; full_name: string } | null
  location_mismatch: boolean
  attachments: Attachment[]
  on_behalf: { name: string; phone: string } | null
  submitter: { id: string; name: string; phone: string | null }
  handler: { id: string; name: string } | null
  return_count: number
  last_return_reason: string | null
  reopen_count: number
  nudge: { count: number; last_at: string; last_by: string; last_note: string | null; unread: boolean } | null
  due_at: string | null
  overdue: boolean
  submitted_at: string
  accepted_at: string | null
  completed_at: string | null
  completion: { note: string; attachments: Attachment[] } | null
  rating: { stars: number; comment: string | null; at: string } | null
  reopen_until: string | null
  actions: string[]
}

export interface NewTicket {
  grid_code: string
  kind: string
  content: string
  form: Record<string, FormValue>
  attachments: string[]
  location?: { lng: number; lat: number; datum: 'wgs84'; accuracy?: number }
  on_behalf?: { name: string; phone: string }
  also_village?: boolean
}

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

export interface TimelineItem {
  seq: number
  at: string
  kind: string
  by: { id: string; name: string } | null
  data: Record<string, unknown>
}

export interface Contact {
  name: string
  phone: string
  on_behalf: { name: string; phone: string } | null
}

export interface BoardTicket {
  ticket_id: string
  grid_id: string
  kind: string
  state: TicketState
  lng: number | null
  lat: number | null
  overdue: boolean
  escalated: boolean
}

export interface BoardEventData extends BoardTicket {
  grid_name: string
  kind_title: string
  text: string
}

export interface BoardFeedItem extends BoardEventData {
  seq: number
  at: string
  /** `kind` of a feed item is the event's; the ticket's kind is in `kind_title` */
  kind: string
}

export interface BoardFigures {
  grid_id: string
  counters: Counters
  today: { submitted: number; accepted: number; completed: number; rated: number; satisfied_pct: number | null }
  kinds: { kind: string; title: string; count: number }[]
  times: {
    accept_avg_s: number | null
    accept_within_pct: number | null
    accept_limit_s: number
    finish_avg_s: number | null
    finish_within_pct: number | null
    finish_limit_s: number
  }
  ladder: { level: number; level_title: string; count: number }[]
  slowest: { grid_id: string; name: string; accept_avg_s: number; waiting: number }[]
  grids_total: number
  staff_total: number
}

export interface BoardState extends BoardFigures {
  open: BoardTicket[]
  feed: BoardFeedItem[]
}
