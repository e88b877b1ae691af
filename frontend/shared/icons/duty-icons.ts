import { line } from './icons'

/** Icons of duties and of the leader's view, apart from the others: few pages need them. */

export const IconFlag = line('M6 21V4', 'M6 4.5h11l-2.5 4 2.5 4H6')
export const IconOverview = line('M4 4h7v7H4zM13 4h7v4h-7zM13 11h7v9h-7zM4 14h7v6H4z')
export const IconSend = line('M4 12 20 4l-4.5 16-4-6.5z', 'm11.5 13.5 4-4.5')
