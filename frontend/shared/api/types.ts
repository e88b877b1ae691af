import type { components } from './schema'

/**
 * The shapes of the API as the pages use them: names for the generated schema, with three corrections that the
 * document cannot express. The server writes every field of an answer, so "optional" there means "may be null";
 * words of a fixed set are plain strings there; and free-form JSON has no shape there.
 */

type Schemas = components['schemas']
type Always<T> = T extends (infer Item)[] ? Always<Item>[] : T extends object ? { [Key in keyof T]-?: Always<Exclude<T[Key], undefined>> } : T
export type From<Name extends keyof Schemas> = Always<Schemas[Name]>
export type With<Base, Changes> = Omit<Base, keyof Changes> & Changes

export type TicketState = 'submitted' | 'accepted' | 'completed' | 'rated' | 'withdrawn'
export type Duty = 'leader' | 'deputy' | 'worker'
export type AccountKind = 'staff' | 'resident'
export type Person = From<'PersonView'>

export type Session = With<From<'SessionView'>, { kind: AccountKind }>
export type MyGrid = With<From<'MyGridView'>, { duty: Duty }>
export type Me = With<From<'Me'>, { kind: AccountKind; grids: MyGrid[] }>

export type Counters = From<'CountersView'>
export type GridRef = From<'GridRef'>
export interface PolygonArea {
  type: 'Polygon'
  coordinates: number[][][]
}
/** `children` is empty, or missing, below the depth that was asked for; `counters` is null outside the caller's own grids. */
export type GridNode = With<From<'GridNode'>, { status: 'active' | 'disabled'; area: PolygonArea | null; children?: GridNode[] }>
export type Staff = With<From<'StaffView'>, { duty: Duty }>
export type GridDetail = GridNode & { ancestors: GridRef[]; staff: Staff[] }
export type Entry = With<From<'Entry'>, { staff: Staff[] }>

export interface FormField {
  name: string
  label: string
  type: 'text' | 'bool' | 'choices' | 'place'
  required: boolean
  options?: { value: string; label: string }[]
  group?: string
  max_length?: number
}

/** Kinds are data of the tenant; the document leaves their shape open. */
export interface TicketKind {
  kind: string
  title: string
  hint: string
  private: boolean
  /** whether the free text may be missing */
  content?: 'required' | 'required_unless_form' | 'optional'
  /** the switch 同时发给村委会 is offered */
  also_village?: boolean
  /** it may be sent for somebody else */
  on_behalf?: boolean
  fields: FormField[]
}

export type FormValue = string | boolean | string[]
export type Attachment = With<From<'AttachmentView'>, { kind: 'image' | 'voice' | 'video' | 'document' }>
export type Ticket = With<
  From<'TicketView'>,
  {
    state: TicketState
    form: Record<string, unknown>
    /** never null here: see tickets.ts */
    grid: GridRef
    attachments: Attachment[]
    completion: { note: string; attachments: Attachment[] } | null
  }
>
export type NewTicket = With<Schemas['NewTicketInput'], { grid_code: string; content: string; form: Record<string, FormValue>; attachments: string[] }>
export type TimelineItem = With<From<'TimelineItem'>, { data: Record<string, unknown> }>
export type Contact = From<'ContactView'>

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

/** What the board works with, made by `live/ticket-events.ts` from the server's frames. */
export type BoardTicket = With<From<'BoardPoint'>, { state: TicketState }>
export interface BoardEventData extends BoardTicket {
  grid_name: string
  kind_title: string
  text: string
}
/** Here `kind` is the event's, such as `ticket.accepted`. */
export interface BoardFeedItem extends BoardEventData {
  seq: number
  at: string
}
export interface BoardFigures {
  grid_id: string
  counters: Counters
  today: From<'BoardToday'>
  kinds: From<'BoardKind'>[]
  times: From<'BoardTimes'>
  ladder: From<'BoardLadder'>[]
  slowest: From<'BoardSlow'>[]
}
export interface BoardState extends BoardFigures {
  grids_total: number
  staff_total: number
  open: BoardTicket[]
  feed: BoardFeedItem[]
}
