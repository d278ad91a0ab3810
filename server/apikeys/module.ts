import type { Access } from '../access/api.ts'
import type { Keyring } from '../keyring/api.ts'
import { afterCommit } from '../platform/database/after-commit.ts'
import type { Context } from '../platform/module.ts'
import { defineModule } from '../platform/module.ts'
import type { ApiKeys } from './api.ts'
import { errors, refuse } from './errors.ts'
import { event, events } from './events.ts'
import { makeKey } from './key-format.ts'
import { insertKey, revokeKey } from './store.ts'
import { hashSecret, KeyVerifier, revokedTopic } from './verify.ts'

type Uses = { keyring: Keyring; access: Access }

export const apikeys = defineModule<ApiKeys, Uses, Record<never, never>>({
  name: 'apikeys',
  uses: ['keyring', 'access'],
  config: {},
  permissions: {},
  errors,
  events,
  migrations: new URL('migrations/', import.meta.url),
  start: createApiKeys,
  authenticators: (api) => [api],
})

export async function createApiKeys(context: Context, { keyring, access }: Uses): Promise<ApiKeys> {
  const { database, bus, clock, random, recorder } = context
  const pepper = await keyring.secret('apikey-pepper')
  const verifier = new KeyVerifier({ database, bus, recorder, pepper })
  const system = { kind: 'system' } as const

  return {
    name: 'api key',
    authenticate: (head) => verifier.authenticate(head),
    async issue({ organisationId, applicationId, roles = ['application'] }) {
      const unknown = roles.find((name) => !access.roles().some((role) => role.name === name))
      if (unknown !== undefined) throw refuse('APIKEY_ROLE_UNKNOWN', { role: unknown })
      const { id, secret, key } = makeKey(random)
      await database.transaction(async (tx) => {
        await insertKey(tx, {
          id,
          organisation_id: organisationId,
          application_id: applicationId,
          roles: [...roles],
          secret_hash: hashSecret(secret, pepper),
          created_at: new Date(clock.nowMs()),
        })
        const data = { key: id, application: applicationId, roles: [...roles] }
        await recorder.record(tx, event('key.issued', { organisationId, actor: system, data }))
      })
      return { keyId: id, key }
    },
    async revoke(organisationId, keyId) {
      return await database.transaction(async (tx) => {
        if (!(await revokeKey(tx, organisationId, keyId, new Date(clock.nowMs())))) return false
        await recorder.record(tx, event('key.revoked', { organisationId, actor: system, data: { key: keyId } }))
        afterCommit(tx, async () => {
          verifier.forget(keyId)
          await bus.publish(revokedTopic, keyId)
        })
        return true
      })
    },
  }
}
