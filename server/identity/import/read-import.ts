import { closed, Email, Line } from '@custodia/wire/http/common.ts'
import type { Static } from 'typebox'
import { Type } from 'typebox'
import { isRefusal } from '../../platform/errors.ts'
import { parseStrictJson } from '../../platform/http/strict-json.ts'
import { compileValidator } from '../../platform/http/validate.ts'
import { normaliseAddress } from '../email-address.ts'
import { acceptedHashes, readForeignHash } from '../passwords/foreign/foreign-hash.ts'

const ImportedUser = Type.Object(
  {
    email: Email,
    name: Line(100),
    roles: Type.Array(Line(50), { maxItems: 10, uniqueItems: true }),
    /** As another system stored it. */
    hash: Type.String({ minLength: 1, maxLength: 512 }),
  },
  closed,
)
export type ImportedUser = Static<typeof ImportedUser> & { readonly line: number; readonly normalised: string }

/** What is wrong with one line. `detail` follows the field's name and repeats nothing that was read. */
export type ImportFault = { readonly line: number; readonly field: string; readonly detail: string }

/** A file that was refused as a whole. */
export class ImportRefused extends Error {
  readonly faults: readonly ImportFault[]
  constructor(faults: readonly ImportFault[]) {
    const shown = faults.slice(0, 20).map(({ line, field, detail }) => `Line ${line}: ${field} ${detail}.`)
    const more = faults.length > shown.length ? [`And ${faults.length - shown.length} more.`] : []
    super([...shown, ...more, 'Nobody was imported.'].join('\n'))
    this.name = 'ImportRefused'
    this.faults = faults
  }
}

/** All go into one transaction, which holds back the ledger until it ends: a minute or so for this many. */
export const maxImported = 10_000

const valid = compileValidator(ImportedUser, 'body')

/**
 * Reads a file of people: a JSON object a line, with `email`, `name`, `roles` and `hash`. Empty lines are passed over. Nothing is computed with
 * a hash; its form and its cost are looked at.
 *
 * @param roles those that exist.
 * @throws ImportRefused with every line that is wrong.
 */
export function readImport(text: string, roles: ReadonlySet<string>): readonly ImportedUser[] {
  const faults: ImportFault[] = []
  const users: ImportedUser[] = []
  const lineOf = new Map<string, number>()
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1
    if (content.trim() === '') continue
    const read = readLine(content, line, roles)
    if ('detail' in read) {
      faults.push(read)
      continue
    }
    const earlier = lineOf.get(read.normalised)
    if (earlier !== undefined) faults.push({ line, field: 'email', detail: `stands in line ${earlier} already` })
    lineOf.set(read.normalised, line)
    users.push(read)
    if (users.length > maxImported)
      throw new ImportRefused([{ line, field: 'file', detail: `has more than ${maxImported} people: divide it` }])
  }
  if (users.length === 0 && faults.length === 0) faults.push({ line: 1, field: 'file', detail: 'has nobody in it' })
  if (faults.length > 0) throw new ImportRefused(faults)
  return users
}

function readLine(content: string, line: number, roles: ReadonlySet<string>): ImportedUser | ImportFault {
  let user: Static<typeof ImportedUser>
  try {
    user = parseStrictJson(Buffer.from(content)) as Static<typeof ImportedUser>
    valid(user)
  } catch (error) {
    if (!isRefusal(error)) throw error
    const { field, detail } = error.details
    return { line, field: String(field).replace(/^body\.?/, '') || 'it', detail: String(detail) }
  }
  const normalised = normaliseAddress(user.email)
  if (normalised === null) return { line, field: 'email', detail: 'is not a mail address' }
  const unknown = user.roles.findIndex((role) => !roles.has(role))
  if (unknown >= 0) return { line, field: `roles.${unknown}`, detail: 'is not a role of this installation' }
  if (readForeignHash(user.hash) === null) return { line, field: 'hash', detail: `is none of these: ${acceptedHashes}` }
  return { ...user, line, normalised }
}
