import { readonly, ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import * as auth from '@/shared/api/auth'
import { onSessionLost, setCsrfToken } from '@/shared/api/client'
import { ApiProblem } from '@/shared/api/problem'
import type { Me } from '@/shared/api/types'
import { dropKept, leaveLater, leavesLater } from './kept-owner'

/** Who is using the page. One per page: the cookie belongs to the browser, not to a component. */
export type SessionPhase = 'unknown' | 'guest' | 'signed-in' | 'unreachable'

const phase = ref<SessionPhase>('unknown')
const me = shallowRef<Me | null>(null)

onSessionLost(forget)

export interface SessionStore {
  phase: Readonly<Ref<SessionPhase>>
  me: Readonly<ShallowRef<Me | null>>
  refresh: () => Promise<SessionPhase>
  login: (account: string, password: string) => Promise<Me>
  smsLogin: (phone: string, code: string) => Promise<Me>
  changePassword: (oldPassword: string, newPassword: string) => Promise<Me>
  saveProfile: (profile: { name: string; address: string }) => Promise<Me>
  logout: () => Promise<void>
}

export function useSession(): SessionStore {
  return { phase: readonly(phase), me, refresh, login, smsLogin, changePassword, saveProfile, logout }
}

const askAgainMs = 5000

/** Called once by main.ts: asks who is here, and again while the server cannot be reached. */
export function startSession(): void {
  void refresh()
  setInterval(() => {
    if (phase.value === 'unreachable') void refresh()
  }, askAgainMs)
}

async function refresh(): Promise<SessionPhase> {
  try {
    if (leavesLater()) await logout()
    else keep(await auth.fetchMe())
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 401) forget()
    else if (phase.value === 'unknown') phase.value = 'unreachable'
  }
  return phase.value
}

async function login(account: string, password: string): Promise<Me> {
  leaveLater(false)
  setCsrfToken((await auth.login(account, password)).csrf_token)
  return keep(await auth.fetchMe())
}

async function smsLogin(phone: string, code: string): Promise<Me> {
  leaveLater(false)
  setCsrfToken((await auth.smsLogin(phone, code)).csrf_token)
  return keep(await auth.fetchMe())
}

async function changePassword(oldPassword: string, newPassword: string): Promise<Me> {
  await auth.changePassword(oldPassword, newPassword)
  return keep(await auth.fetchMe())
}

async function saveProfile(profile: { name: string; address: string }): Promise<Me> {
  return keep(await auth.saveProfile(profile))
}

async function logout(): Promise<void> {
  leaveLater(true)
  try {
    await auth.logout()
    leaveLater(false)
  } catch (error) {
    // Whoever the server does not know any more has left.
    if (error instanceof ApiProblem && !error.isUnreachable) leaveLater(false)
    throw error
  } finally {
    forget()
  }
}

function keep(value: Me): Me {
  dropKept(value.id)
  setCsrfToken(value.csrf_token)
  me.value = value
  phase.value = 'signed-in'
  return value
}

function forget(): void {
  dropKept(null)
  setCsrfToken(null)
  me.value = null
  phase.value = 'guest'
}
