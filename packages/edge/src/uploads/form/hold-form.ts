import type { FormRules } from './form-parts.ts'
import { FormParts } from './form-parts.ts'
import type { FormPart } from './part-head.ts'
import { FormReader } from './read-form.ts'

/** A part of a form, and its content: of a field in memory, of a file wherever that is kept. */
export type HeldPart<Kept> = { readonly part: FormPart; readonly content: Buffer | Kept }

/** Where the content of one part goes. What is written is a view that holds until the next call. */
export type Keeping<Kept> = { write(bytes: Uint8Array): void | Promise<void>; end(): Kept | Promise<Kept> }

/** @param told of each length before it is kept; may throw. */
export function inMemory(told: (length: number) => void = () => {}): Keeping<Buffer> {
  const pieces: Buffer[] = []
  return {
    write(bytes) {
      told(bytes.length)
      pieces.push(Buffer.from(bytes))
    },
    end: () => Buffer.concat(pieces),
  }
}

/**
 * Reads a whole form, and holds what it may have.
 *
 * @param keep asked for each file as it begins.
 * @throws MalformedForm, and what `pieces` and `keep` throw.
 */
export async function holdForm<Kept>(
  pieces: AsyncIterable<Uint8Array>,
  boundary: string,
  rules: FormRules,
  keep: () => Keeping<Kept>,
): Promise<HeldPart<Kept>[]> {
  const reader = new FormReader(boundary)
  const parts = new FormParts(rules)
  const held: HeldPart<Kept>[] = []
  let open: { readonly part: FormPart; readonly to: Keeping<Buffer | Kept> } | null = null
  for await (const piece of pieces)
    for (const event of reader.write(piece))
      if (event.kind === 'part') {
        const { part } = event
        parts.begin(part)
        open = { part, to: part.fileName === null ? inMemory((length) => parts.field(length)) : keep() }
      } else if (event.kind === 'content') await open?.to.write(event.bytes)
      else if (open !== null) held.push({ part: open.part, content: await open.to.end() })
  reader.end()
  return held
}
