import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Database } from '../platform/database/database.ts'
import { RecentMap } from '../platform/recent-map.ts'
import { readRevision } from './revision.ts'

const maxOrganisations = 10_000
const numberLength = 8
const macLength = 32

type Needs = {
  readonly database: Database
  /** 32 bytes, the same in every process. */
  readonly secret: () => Promise<Buffer>
  /** Drops what this process remembers of the organisation. A read that began before keeps nothing. */
  readonly forget: (organisationId: string) => void
}

/**
 * Which revision of an organisation this process has surely seen, and tokens that name one. The bus tells each process what changed; a
 * token is for whoever can't wait for that, or does not want to trust in it.
 */
export class Revisions {
  readonly #needs: Needs
  readonly #seen = new RecentMap<number>(maxOrganisations)

  constructor(needs: Needs) {
    this.#needs = needs
  }

  /** The newest that everything remembered here is surely as fresh as; 0 where nothing is known. */
  seen(organisationId: string): number {
    return this.#seen.get(organisationId) ?? 0
  }

  /** From its return on, nothing is believed that was read before it was called. */
  async renew(organisationId: string): Promise<void> {
    const number = await readRevision(this.#needs.database.queries, organisationId)
    this.#needs.forget(organisationId)
    if (number > this.seen(organisationId)) this.#seen.set(organisationId, number)
  }

  /** From its return on, whoever decides does so from what was there at that revision, or later. */
  async atLeast(organisationId: string, revision: number): Promise<void> {
    if (this.seen(organisationId) < revision) await this.renew(organisationId)
  }

  /** A token of what is committed now: whatever was decided before stands on nothing newer. */
  async token(organisationId: string): Promise<string> {
    const number = await readRevision(this.#needs.database.queries, organisationId)
    return await this.tokenOf(organisationId, number)
  }

  async tokenOf(organisationId: string, revision: number): Promise<string> {
    const bytes = Buffer.alloc(numberLength)
    bytes.writeBigUInt64BE(BigInt(revision))
    return Buffer.concat([bytes, await this.#mac(organisationId, bytes)]).toString('base64url')
  }

  /** @returns null where it is none that was made for this organisation. */
  async read(organisationId: string, token: string): Promise<number | null> {
    const bytes = Buffer.from(token, 'base64url')
    // Another text for the same bytes is another token.
    if (bytes.length !== numberLength + macLength || bytes.toString('base64url') !== token) return null
    const number = bytes.subarray(0, numberLength)
    if (!timingSafeEqual(bytes.subarray(numberLength), await this.#mac(organisationId, number))) return null
    return Number(number.readBigUInt64BE())
  }

  async #mac(organisationId: string, number: Buffer): Promise<Buffer> {
    return createHmac('sha256', await this.#needs.secret())
      .update(`${organisationId}\n`)
      .update(number)
      .digest()
  }
}
