import { wearKept } from './theme'

/** A file of its own that the page waits for: the first thing painted has its colours already. See build-plugins/before-paint.ts. */
wearKept()
