import { get, post, request } from './client'
import type { Me, Session } from './types'

export const login = (account: string, password: string): Promise<Session> => post('/auth/login', { account, password })

export const sendSmsCode = (phone: string): Promise<{ expires_in_s: number; retry_after_s: number }> => post('/auth/sms-code', { phone })

export const smsLogin = (phone: string, code: string): Promise<Session> => post('/auth/sms-login', { phone, code })

export const changePassword = (old_password: string, new_password: string): Promise<void> => post('/auth/password', { old_password, new_password })

export const logout = (): Promise<void> => post('/auth/logout')

export const fetchMe = (): Promise<Me> => get('/auth/me')

export const saveProfile = (profile: { name: string; address: string; phone?: string }): Promise<Me> => request('PATCH', '/me/profile', { body: profile })
