import { deriveDataKey, deriveIndexKey } from '@custodia/wire/envelope/derive-keys.ts'
import type { DataKey, DataKeyName, IndexKey, OpenedDataKeys } from '@custodia/wire/http/keyring.ts'
import type { Recorder } from '../platform/events/event.ts'
import { actorOf } from '../platform/events/event.ts'
import type { ApplicationPrincipal, Principal } from '../platform/http/principal.ts'
import type { Random } from '../platform/random.ts'
import { refuse } from './errors.ts'
import { event } from './events.ts'
import type { Keys } from './keys.ts'
import { isLive } from './live-key.ts'
import { serverItself } from './scope.ts'

export type HandOutServices = { readonly keys: Keys; readonly recorder: Recorder; readonly random: Random }

/**
 * The application that asks: it is who its credential says, whatever the request says.
 *
 * @throws Refusal KEYRING_APPLICATION_ONLY for a person, and for an application that has the server's own name.
 */
export function applicationOf(principal: Principal): ApplicationPrincipal {
  if (principal.kind !== 'application' || principal.id === serverItself) throw refuse('KEYRING_APPLICATION_ONLY')
  return principal
}

/** A data key to seal with, of a fresh number. @throws Refusal KEY_SHREDDED. */
export async function issueDataKey(
  application: ApplicationPrincipal,
  { subject, collection }: { subject: string; collection: string },
  { keys, recorder, random }: HandOutServices,
): Promise<DataKey> {
  const { organisationId, id: applicationId } = application
  const key = await keys.current({ organisationId, applicationId, subjectId: subject, purpose: 'subject' })
  // Chance is enough: two holders of one number share a key that derives another for each message.
  const number = random.bytes(4).readUInt32BE() || 1
  recorder.note(
    event('data-key.issued', {
      organisationId,
      actor: actorOf(application),
      data: { key: key.id, collection },
    }),
  )
  const scope = { organisationId, applicationId, collection, number }
  return { keyId: key.id, number, key: textOf(deriveDataKey(key.secret, scope)) }
}

/** Data keys to open with. Those of others are left out, as if they had never been. */
export async function openDataKeys(
  application: ApplicationPrincipal,
  { collection, keys: names }: { collection: string; keys: readonly DataKeyName[] },
  { keys, recorder }: HandOutServices,
): Promise<OpenedDataKeys> {
  const { organisationId, id: applicationId } = application
  const asked = new Map(names.map(({ keyId, number }) => [`${keyId} ${number}`, { keyId, number }]))
  // The schema's `uuid` also lets other spellings through; a key has one name.
  const ids = new Set([...asked.values()].map((name) => name.keyId).filter((id) => uuid.test(id)))
  const found = ids.size === 0 ? new Map() : await keys.find([...ids])
  const opened: DataKey[] = []
  const shredded: DataKeyName[] = []
  for (const { keyId, number } of asked.values()) {
    const key = found.get(keyId)
    const { scope } = key ?? {}
    if (scope?.organisationId !== organisationId || scope.applicationId !== applicationId) continue
    if (scope.purpose !== 'subject') continue
    if (isLive(key)) {
      const secret = deriveDataKey(key.secret, { organisationId, applicationId, collection, number })
      opened.push({ keyId, number, key: textOf(secret) })
    } else shredded.push({ keyId, number })
  }
  recorder.note(
    event('data-keys.opened', {
      organisationId,
      actor: actorOf(application),
      data: { collection, asked: asked.size, opened: opened.length, shredded: shredded.length },
    }),
  )
  return { keys: opened, shredded }
}

/** The key of one blind index of one subject. @throws Refusal KEY_SHREDDED. */
export async function issueIndexKey(
  application: ApplicationPrincipal,
  { subject, collection, field }: { subject: string; collection: string; field: string },
  { keys, recorder }: HandOutServices,
): Promise<IndexKey> {
  const { organisationId, id: applicationId } = application
  const key = await keys.current({ organisationId, applicationId, subjectId: subject, purpose: 'index' })
  recorder.note(
    event('index-key.issued', {
      organisationId,
      actor: actorOf(application),
      data: { key: key.id, collection, field },
    }),
  )
  return { key: textOf(deriveIndexKey(key.secret, { organisationId, applicationId, collection, field })) }
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function textOf(secret: Buffer): string {
  const text = secret.toString('base64url')
  secret.fill(0)
  return text
}
