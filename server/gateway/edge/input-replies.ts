import { Readable } from 'node:stream'
import type { Unfit } from '@custodia/edge/input/unfit.ts'
import { HeldBytes } from '../held-bytes.ts'
import type { AllowedInput } from './input.ts'

const maxReplyBytes = 1_048_576
const maxTogether = 64 * maxReplyBytes

/** An application's reply, before its bytes are passed on. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly stream: Readable
  /** Of whoever waits for it. */
  readonly address: string
}

/** What came of looking at a reply: the same bytes, and what of them does not fit. */
export type Seen = { readonly body: Readable; readonly unfit: Unfit | null }

/** Replies that are held to a document: as a whole, up to a size, and only so many at once. One that there is no room for counts as one that does not fit. */
export class HeldReplies {
  readonly #held = new HeldBytes(maxTogether)

  /**
   * @param released called with a function that lets go of the memory: once the reply was sent, or nobody waits for it.
   * @throws Error where the application broke off, or nobody waits any more.
   */
  async look(allowed: AllowedInput, answer: Answer, released: (release: () => void) => void): Promise<Seen> {
    const seen = await this.#look(allowed, answer, released)
    if (seen.unfit !== null) allowed.unfit('reply')
    return seen
  }

  async #look(
    { operation }: AllowedInput,
    { status, headers, stream, address }: Answer,
    released: (release: () => void) => void,
  ): Promise<Seen> {
    const plan = operation.reply(status, headers)
    if (plan.act === 'pass') return { body: stream, unfit: null }
    if (plan.act === 'refuse') return { body: stream, unfit: plan.unfit }
    const parts: Buffer[] = []
    const held = this.#held.begin(address)
    released(() => held.end())
    const pieces = stream.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>
    for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) {
      if (held.over) throw new Error('nobody waits for the reply any more')
      parts.push(next.value)
      if (!held.add(next.value.length) || held.length > maxReplyBytes)
        return { body: Readable.from(rest(parts, pieces), { objectMode: false }), unfit: tooLong }
    }
    const body = Buffer.concat(parts, held.length)
    return { body: Readable.from(held.length > 0 ? [body] : [], { objectMode: false }), unfit: plan.check(body) }
  }
}

const tooLong = { field: 'body', detail: 'is more than is held here' } as const

async function* rest(parts: readonly Buffer[], pieces: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  yield* parts
  for (let next = await pieces.next(); next.done !== true; next = await pieces.next()) yield next.value
}
