import { line } from './icons'

/** Icons of the console alone: phones do not carry them. */

export const IconMenu = line('M4 6.5h16M4 12h16M4 17.5h16')
export const IconPeople = line('M12 10.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6z', 'M6.5 20a5.5 5.5 0 0 1 11 0', 'M5 12a2.2 2.2 0 1 0 0-4.4M19 12a2.2 2.2 0 1 1 0-4.4', 'M2 17a4 4 0 0 1 2.6-3.7M22 17a4 4 0 0 0-2.6-3.7')
export const IconPlug = line('M9 3v5M15 3v5', 'M6.5 8h11v3.5a5.5 5.5 0 0 1-11 0z', 'M12 17v4')
