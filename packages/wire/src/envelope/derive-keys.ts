import type { KeySecret } from './derivation.ts'
import { Derivation } from './derivation.ts'
import { writeOptional, writeText } from './place.ts'

/** What an application may hold for a while: one key for one collection, derived from the subject's key. */
export type DataKeyScope = {
  readonly organisationId: string
  readonly applicationId: string
  readonly collection: string
  /** 1 to 4,294,967,295. */
  readonly number: number
}

export type IndexKeyScope = {
  readonly organisationId: string | null
  readonly applicationId: string
  readonly collection: string
  readonly field: string
}

const dataKeys = new Derivation('custodia data key v1')
const indexKeys = new Derivation('custodia index key v1')

/** The data key with this number. @returns 32 bytes. Derivation: docs/specs/envelope.md §5. */
export function deriveDataKey(secret: KeySecret, scope: DataKeyScope): Buffer {
  if (scope.number === 0) throw new RangeError('data key 0 is the key itself')
  const { info, at } = dataKeys
  let end = writeText(info, at, scope.organisationId)
  end = writeText(info, end, scope.applicationId)
  end = writeText(info, end, scope.collection)
  return firstHalf(dataKeys.expand(secret, info.writeUInt32BE(scope.number, end)))
}

/** The key of one blind index. @returns 32 bytes. Derivation: docs/specs/envelope.md §5. */
export function deriveIndexKey(secret: KeySecret, scope: IndexKeyScope): Buffer {
  const { info, at } = indexKeys
  let end = writeOptional(info, at, scope.organisationId)
  end = writeText(info, end, scope.applicationId)
  end = writeText(info, end, scope.collection)
  return firstHalf(indexKeys.expand(secret, writeText(info, end, scope.field)))
}

/** RFC 5869 §2.3: OKM is the first L octets of T. Copied, so that the rest can be overwritten. */
function firstHalf(okm: Buffer): Buffer {
  const key = Buffer.from(okm.subarray(0, 32))
  okm.fill(0)
  return key
}
