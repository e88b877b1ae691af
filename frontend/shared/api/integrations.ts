import { get, post, request } from './client'
import type { components } from './schema'
import type { From, With } from './types'

/** 开放接口: keys with which other systems report requests. */

type Schemas = components['schemas']
export type Integration = From<'IntegrationView'>
export type IntegrationKey = With<From<'IntegrationKey'>, { integration: Integration }>
export type NewIntegration = Schemas['NewIntegrationInput']
export type IntegrationChanges = Schemas['IntegrationChanges']

const at = (id: string): string => `/integrations/${encodeURIComponent(id)}`

export const fetchIntegrations = (): Promise<{ items: Integration[] }> => get('/integrations')
/** The key is in the answer, this once. */
export const createIntegration = (integration: NewIntegration): Promise<IntegrationKey> => post('/integrations', integration)
export const changeIntegration = (id: string, changes: IntegrationChanges): Promise<Integration> => request('PATCH', at(id), { body: changes })
export const renewIntegrationKey = (id: string): Promise<IntegrationKey> => post(`${at(id)}/key`, {})
