import { closed } from '@custodia/wire/http/common.ts'
import {
  DataKey,
  IndexKey,
  IndexKeyRequest,
  NewDataKey,
  OpenDataKeys,
  OpenedDataKeys,
  Shredded,
  SubjectId,
} from '@custodia/wire/http/keyring.ts'
import { Type } from 'typebox'
import type { Database } from '../platform/database/database.ts'
import { actorOf } from '../platform/events/event.ts'
import type { Route } from '../platform/http/route.ts'
import { defineRoute } from '../platform/http/route.ts'
import type { HandOutServices } from './hand-out-keys.ts'
import { applicationOf, issueDataKey, issueIndexKey, openDataKeys } from './hand-out-keys.ts'
import type { ShredServices } from './shred.ts'
import { shred } from './shred.ts'

export function keyringRoutes(
  database: Database,
  handOut: HandOutServices,
  shredding: ShredServices,
): readonly Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/v1/keyring/data-keys',
      summary: 'Get a fresh key to seal a subject’s data with.',
      who: { permission: 'keyring:seal' },
      limit: 'write',
      sensitive: false,
      body: NewDataKey,
      reply: DataKey,
      errors: ['KEY_SHREDDED', 'KEYRING_APPLICATION_ONLY'],
      handle: ({ principal, body }) => issueDataKey(applicationOf(principal), body, handOut),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/keyring/data-keys/open',
      summary: 'Get up to 256 keys to open data with.',
      who: { permission: 'keyring:open' },
      limit: 'read',
      sensitive: false,
      body: OpenDataKeys,
      reply: OpenedDataKeys,
      errors: ['KEYRING_APPLICATION_ONLY'],
      handle: ({ principal, body }) => openDataKeys(applicationOf(principal), body, handOut),
    }),
    defineRoute({
      method: 'POST',
      path: '/v1/keyring/index-keys',
      summary: 'Get the key of one blind index of a subject.',
      who: { permission: 'keyring:open' },
      limit: 'read',
      sensitive: false,
      body: IndexKeyRequest,
      reply: IndexKey,
      errors: ['KEY_SHREDDED', 'KEYRING_APPLICATION_ONLY'],
      handle: ({ principal, body }) => issueIndexKey(applicationOf(principal), body, handOut),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/v1/keyring/subjects/:subject',
      summary: 'Destroy the keys of a subject in this application, for ever.',
      who: { permission: 'keyring:shred' },
      limit: 'write',
      sensitive: true,
      params: Type.Object({ subject: SubjectId }, closed),
      reply: Shredded,
      errors: ['KEYRING_APPLICATION_ONLY', 'KEYRING_UNHEARD'],
      async handle({ principal, params: { subject } }) {
        const application = applicationOf(principal)
        const { organisationId, id: applicationId } = application
        const doomed = { organisationId, applicationId, subjectId: subject, actor: actorOf(application) }
        const at = await database.transaction((tx) => shred(tx, doomed, shredding))
        return { subject, shreddedAt: at.toISOString() }
      },
    }),
  ]
}
