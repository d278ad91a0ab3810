import { argon2 } from 'node:crypto'
import { promisify } from 'node:util'
import type { EnvelopeKey } from '@custodia/wire/envelope/envelope.ts'
import { keyIdBytes, looksLikeVersion1, openEnvelope, sealEnvelope } from '@custodia/wire/envelope/envelope.ts'
import { KcXaesKey } from '@custodia/wire/envelope/kc-xaes-key.ts'
import type { EnvelopePlace } from '@custodia/wire/envelope/place.ts'
import type { Static } from 'typebox'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Random } from '../../platform/random.ts'
import { newKeyId } from '../new-key-id.ts'

const derive = promisify(argon2)

/** RFC 9106 §4, the second recommended option: 64 MiB, three passes, four lanes. */
const recommended = { memoryKiB: 65_536, passes: 3, lanes: 4 } as const

/** A file that asks for more than 1 GiB or 16 passes is refused, not obeyed. */
const Kdf = Type.Object(
  {
    name: Type.Literal('argon2id'),
    memoryKiB: Type.Integer({ minimum: 8_192, maximum: 1_048_576 }),
    passes: Type.Integer({ minimum: 1, maximum: 16 }),
    lanes: Type.Integer({ minimum: 1, maximum: 16 }),
    salt: Type.String({ pattern: '^[A-Za-z0-9_-]{22,86}$' }),
  },
  { additionalProperties: false },
)

const RootKeyFile = Type.Object(
  {
    custodia: Type.Literal('root key'),
    version: Type.Literal(1),
    id: Type.String({ pattern: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' }),
    /** Null where `key` holds the 32 bytes themselves; else `key` is an envelope under what the passphrase gives. */
    kdf: Type.Union([Type.Null(), Kdf]),
    key: Type.String({ pattern: '^[A-Za-z0-9_-]{43,256}$' }),
  },
  { additionalProperties: false },
)
type RootKeyFile = Static<typeof RootKeyFile>
const check = Compile(RootKeyFile)

/** The root key as it is used: 32 bytes and a name. */
export type RootKey = { readonly id: string; readonly secret: Buffer; readonly sealed: boolean }

/** A new root key, and the text of its file. Sealed where there is a passphrase. */
export async function newRootKey(random: Random, passphrase: string | null): Promise<{ id: string; text: string }> {
  const id = newKeyId(random)
  const secret = random.bytes(32)
  const kdf =
    passphrase === null
      ? null
      : { name: 'argon2id' as const, ...recommended, salt: random.bytes(16).toString('base64url') }
  const key =
    kdf === null || passphrase === null
      ? Buffer.from(secret)
      : sealEnvelope(await passphraseKey(id, kdf, passphrase), placeOf(id), secret)
  secret.fill(0)
  const file: RootKeyFile = { custodia: 'root key', version: 1, id, kdf, key: key.toString('base64url') }
  key.fill(0)
  return { id, text: `${JSON.stringify(file, null, 2)}\n` }
}

/** @throws Error, which never quotes the text, where it is no root key or the passphrase does not open it. */
export async function readRootKey(text: string, passphrase: string | null): Promise<RootKey> {
  const file = parse(text)
  const { id, kdf } = file
  const bytes = Buffer.from(file.key, 'base64url')
  if (kdf === null) {
    if (passphrase !== null) throw new Error('is not sealed, although a passphrase is set')
    if (bytes.length !== 32) throw new Error('does not hold 32 bytes')
    return { id, secret: bytes, sealed: false }
  }
  if (passphrase === null) throw new Error('is sealed: set CUSTODIA_KEYRING_ROOT_KEY_PASSPHRASE')
  if (looksLikeVersion1(bytes))
    throw new Error('is sealed in a form of before the first release (envelope version 1), which is not read any more')
  try {
    const secret = openEnvelope(await passphraseKey(id, kdf, passphrase), placeOf(id), bytes)
    if (secret.length === 32) return { id, secret, sealed: true }
  } catch {
    // Said below, in the same words for a wrong passphrase and a changed file.
  }
  throw new Error('does not open with this passphrase')
}

function parse(text: string): RootKeyFile {
  try {
    const value: unknown = JSON.parse(text)
    if (check.Check(value)) return value
  } catch {
    // JSON.parse quotes what it could not read; a root key must not stand in a log.
  }
  throw new Error('is not a root key of version 1')
}

async function passphraseKey(id: string, kdf: Static<typeof Kdf>, passphrase: string): Promise<EnvelopeKey> {
  const secret = await derive('argon2id', {
    message: Buffer.from(passphrase.normalize('NFC')),
    nonce: Buffer.from(kdf.salt, 'base64url'),
    parallelism: kdf.lanes,
    memory: kdf.memoryKiB,
    passes: kdf.passes,
    tagLength: 32,
  })
  const sealing = new KcXaesKey(secret)
  secret.fill(0)
  return { keyId: keyIdBytes(id), number: 0, sealing }
}

const placeOf = (id: string): EnvelopePlace => ({
  organisationId: null,
  applicationId: 'custodia',
  subjectId: null,
  collection: 'keyring.root',
  record: id,
  field: 'key',
  schemaVersion: 1,
})
