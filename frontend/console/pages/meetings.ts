/** The pages of meetings, loaded together: they are made of the same parts, and weigh less in one file than in many. */
export { default as AttendancePage } from './AttendancePage.vue'
export { default as MeetingPage } from './MeetingPage.vue'
export { default as MeetingsPage } from './MeetingsPage.vue'
export { default as MeetingTypesPage } from './MeetingTypesPage.vue'
export { default as SupervisionPage } from './SupervisionPage.vue'
