import { createHmac } from 'node:crypto'
import { deriveIndexKey } from '@custodia/wire/envelope/derive-keys.ts'
import { openEnvelope, readKeyName, sealEnvelope } from '@custodia/wire/envelope/envelope.ts'
import { EnvelopeError } from '@custodia/wire/envelope/envelope-error.ts'
import type { EnvelopePlace } from '@custodia/wire/envelope/place.ts'
import type { Keyring, Place } from './api.ts'
import { refuse } from './errors.ts'
import type { Keys } from './keys.ts'
import type { LiveKey, ShreddedKey } from './live-key.ts'
import { isLive } from './live-key.ts'
import type { MessageCounts } from './message-counts.ts'
import type { Scope } from './scope.ts'
import { checkIdentifier, serverItself, tenantScope } from './scope.ts'

/** Sealing, opening and blind indexes of the server's own fields. */
export function fieldSealer(keys: Keys, counts: MessageCounts): Pick<Keyring, 'seal' | 'open' | 'blindIndex'> {
  return {
    async seal(place, plaintext) {
      const scope = scopeFor(place)
      const key = keys.cached(scope) ?? (await keys.current(scope))
      counts.add(key.id)
      return sealEnvelope(key, envelopePlace(place), plaintext)
    },

    async open(place, sealed) {
      const scope = scopeFor(place)
      return invalidAsRefusal(async () => {
        const { keyId } = readKeyName(sealed)
        const key = (await keys.find([keyId])).get(keyId)
        if (key === undefined || !sameScope(key, scope)) throw new EnvelopeError()
        if (!isLive(key)) throw refuse('KEY_SHREDDED', { keyId })
        return openEnvelope(key, envelopePlace(place), sealed)
      })
    },

    async blindIndex({ organisationId, collection, field }, value) {
      const scope = { ...tenantScope(organisationId), purpose: 'index' }
      checkScope(scope)
      const key = await keys.current(scope)
      const secret = deriveIndexKey(key.secret, { organisationId, applicationId: serverItself, collection, field })
      const fingerprint = createHmac('sha256', secret).update(value, 'utf8').digest()
      secret.fill(0)
      return fingerprint
    },
  }
}

function scopeFor({ organisationId, subjectId }: Place): Scope {
  const scope =
    subjectId === null
      ? tenantScope(organisationId)
      : { organisationId, applicationId: serverItself, subjectId, purpose: 'subject' }
  checkScope(scope)
  return scope
}

function checkScope({ organisationId, subjectId }: Scope): void {
  if (organisationId !== null) checkIdentifier(organisationId)
  if (subjectId !== null) checkIdentifier(subjectId)
}

const sameScope = ({ scope }: LiveKey | ShreddedKey, wanted: Scope): boolean =>
  scope.organisationId === wanted.organisationId &&
  scope.applicationId === wanted.applicationId &&
  scope.subjectId === wanted.subjectId &&
  scope.purpose === wanted.purpose

const envelopePlace = (place: Place): EnvelopePlace => ({ ...place, applicationId: serverItself })

async function invalidAsRefusal<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof EnvelopeError ? refuse('ENVELOPE_INVALID') : error
  }
}
