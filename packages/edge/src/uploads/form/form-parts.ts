import type { KindName } from '../kinds.ts'
import { kindNames, kinds } from '../kinds.ts'
import type { FormPart } from './part-head.ts'
import { MalformedForm } from './part-head.ts'

export type FormRules = {
  readonly maxFiles: number
  readonly maxFields: number
  /** Fields that may stand in a form more than once. */
  readonly repeated: ReadonlySet<string>
}

/** What all fields that are no files may hold: they are in memory. */
const maxFieldBytes = 262_144

/** Holds the parts of one form to what it may have, before a byte of their content is kept. */
export class FormParts {
  readonly #rules: FormRules
  readonly #names = new Set<string>()
  #files = 0
  #fields = 0
  #fieldBytes = 0

  constructor(rules: FormRules) {
    this.#rules = rules
  }

  /** @throws MalformedForm */
  begin(part: FormPart): void {
    const { maxFiles, maxFields, repeated } = this.#rules
    if (this.#names.has(part.name) && !repeated.has(part.name)) throw new MalformedForm('has a field twice')
    this.#names.add(part.name)
    const isFile = part.fileName !== null
    if (isFile && ++this.#files > maxFiles) throw new MalformedForm('has too many files')
    if (!isFile && ++this.#fields > maxFields) throw new MalformedForm('has too many fields')
    if (!isFile && part.mediaType !== null && part.mediaType !== 'text/plain')
      throw new MalformedForm('has a field that is neither text nor a file')
  }

  /** So many more bytes of fields. @throws MalformedForm */
  field(bytes: number): void {
    this.#fieldBytes += bytes
    if (this.#fieldBytes > maxFieldBytes) throw new MalformedForm('has fields that are too long')
  }
}

/** The kind of a file that is the body and has no name: its type says what its ending would be. Null where it is none. */
export function kindOfBody(contentType: string | undefined): KindName | null {
  const type = /^([a-z0-9.+-]+\/[a-z0-9.+-]+)(?:; *charset=utf-8)?$/i.exec(contentType ?? '')?.[1]?.toLowerCase()
  return kindNames.find((one) => kinds[one].mediaType === type) ?? null
}
