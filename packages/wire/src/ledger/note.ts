import { verifyEd25519 } from './ed25519.ts'
import { decodeBase64, FormatError } from './format-error.ts'
import { sameBytes, webSha256 } from './sha256.ts'

/** A signer's name and public key (C2SP signed-note, "Verifier keys"). */
export type VerifierKey = {
  readonly name: string
  /** Four bytes that tell the keys of one name apart. */
  readonly id: Uint8Array
  /** Raw Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
}

export type NoteSignature = { readonly name: string; readonly id: Uint8Array; readonly signature: Uint8Array }

export type Note = {
  /** What was signed; ends with a line feed. */
  readonly text: string
  readonly signatures: readonly NoteSignature[]
}

const ed25519 = 0x01
const maxLength = 65_536
const maxSignatures = 100
const encoder = new TextEncoder()

/** Reads `<name>+<key id in hex>+<base64(0x01 ‖ public key)>`. @throws FormatError */
export async function parseVerifierKey(text: string): Promise<VerifierKey> {
  // Base64 may hold a plus sign, a name may not: the first two separate.
  const [, name = '', hex = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? []
  if (!isName(name)) throw new FormatError('not a verifier key')
  const bytes = decodeBase64(encoded)
  if (bytes[0] !== ed25519 || bytes.length !== 33) throw new FormatError('not an Ed25519 verifier key')
  const publicKey = bytes.slice(1)
  const id = await keyId(name, publicKey)
  if (id.toHex() !== hex) throw new FormatError('the verifier key does not have the id that it states')
  return { name, id, publicKey }
}

/** Writes a key as `parseVerifierKey` reads it. @throws FormatError where the name cannot be one. */
export async function formatVerifierKey(name: string, publicKey: Uint8Array): Promise<string> {
  if (!isName(name)) throw new FormatError('not a name for a key')
  return `${name}+${(await keyId(name, publicKey)).toHex()}+${typed(publicKey).toBase64()}`
}

/** Reads a signed note without verifying it. @throws FormatError */
export function parseNote(signed: string): Note {
  if (signed.length > maxLength || !signed.isWellFormed() || hasControls(signed)) throw new FormatError('not a note')
  const end = signed.lastIndexOf('\n\n')
  if (end < 1 || !signed.endsWith('\n')) throw new FormatError('a note without signatures')
  const lines = signed.slice(end + 2, -1).split('\n')
  if (lines.length > maxSignatures) throw new FormatError('a note with too many signatures')
  return { text: signed.slice(0, end + 1), signatures: lines.map(parseSignature) }
}

function parseSignature(line: string): NoteSignature {
  const [, name = '', encoded = ''] = /^— ([^ ]+) ([^ ]+)$/.exec(line) ?? []
  if (!isName(name)) throw new FormatError('not a signature line')
  const bytes = decodeBase64(encoded)
  if (bytes.length < 5) throw new FormatError('a signature that is too short')
  return { name, id: bytes.slice(0, 4), signature: bytes.slice(4) }
}

/** The text that was signed, where this key signed it; signatures by others are passed over. Null where it did not. */
export async function openNote(signed: string, key: VerifierKey): Promise<string | null> {
  const { text, signatures } = parseNote(signed)
  const own = signatures.filter(({ name, id }) => name === key.name && sameBytes(id, key.id))
  if (own.length === 0) return null
  // One bad signature in the key's own name spoils the note, whatever stands beside it.
  const message = encoder.encode(text)
  for (const { signature } of own) if (!(await verifyEd25519(key.publicKey, message, signature))) return null
  return text
}

/**
 * Signs a text. @param text ends with a line feed and holds no other control character.
 * @throws FormatError where text or name have no form that a reader would accept.
 */
export async function signNote(
  text: string,
  signer: {
    readonly name: string
    readonly publicKey: Uint8Array
    sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
  },
): Promise<string> {
  if (!isName(signer.name)) throw new FormatError('not a name for a key')
  const id = await keyId(signer.name, signer.publicKey)
  const signature = await signer.sign(encoder.encode(text))
  const line = new Uint8Array(id.length + signature.length)
  line.set(id)
  line.set(signature, id.length)
  const signed = `${text}\n— ${signer.name} ${line.toBase64()}\n`
  if (parseNote(signed).text !== text) throw new FormatError('not a text for a note')
  return signed
}

/** C2SP signed-note, "Signatures": the first four bytes of SHA-256(name ‖ LF ‖ type ‖ public key). */
async function keyId(name: string, publicKey: Uint8Array): Promise<Uint8Array> {
  const head = encoder.encode(`${name}\n`)
  const key = typed(publicKey)
  const message = new Uint8Array(head.length + key.length)
  message.set(head)
  message.set(key, head.length)
  return (await webSha256(message)).slice(0, 4)
}

function typed(publicKey: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + publicKey.length)
  bytes[0] = ed25519
  bytes.set(publicKey, 1)
  return bytes
}

function isName(name: string): boolean {
  return /^[^\s+\p{Cc}\p{Cs}]{1,255}$/u.test(name)
}

function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the specification excludes exactly these
  return /[\x00-\x09\x0b-\x1f]/.test(text)
}
