import { line } from './icons'

/** Icons of meetings, apart from the others: the first page of residents needs none of them. */

export const IconClock = line('M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z', 'M12 7.5V12l3 2')
export const IconScan = line('M4 8.5V4h4.5M15.5 4H20v4.5M20 15.5V20h-4.5M8.5 20H4v-4.5', 'M4 12h16')
export const IconQr = line('M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4z', 'M14 14h2.5v2.5H14zM20 14v2.5M17.5 20H14M20 19.5v.5')
export const IconSearch = line('M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13z', 'm15.5 15.5 4.5 4.5')
export const IconEye = line('M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12z', 'M12 14.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6z')
export const IconChart = line('M4 20h16', 'M7 16v-4M12 16V6M17 16V9')
export const IconHand = line('M8 12.5V6a1.4 1.4 0 0 1 2.8 0v5M10.8 11V4.6a1.4 1.4 0 0 1 2.8 0V11M13.6 11V6a1.4 1.4 0 0 1 2.8 0v6M16.4 12V9a1.4 1.4 0 0 1 2.8 0v5.5a6 6 0 0 1-6 6h-1.4a6 6 0 0 1-4.6-2.2L4 14.6a1.5 1.5 0 0 1 2.2-2L8 14.4')
export const IconPen = line('M4 20l1-4.5L16.5 4 20 7.5 8.5 19z', 'M14 6.5l3.5 3.5')
export const IconBallot = line('M4 12.5V20h16v-7.5', 'M7.5 12.5V4h9v8.5', 'M2.5 12.5h19', 'm10 8 1.6 1.6L14.5 6.5')
export const IconTied = line('M5 9.5h14M5 14.5h14')
export const IconVoid = line('M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17z', 'M6 6l12 12')
export const IconLock = line('M6 11h12v9.5H6z', 'M8.5 11V8a3.5 3.5 0 0 1 7 0v3')
