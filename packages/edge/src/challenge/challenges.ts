import type { Challenge } from 'altcha-lib'
import { cookieValues } from '../browser/cookies.ts'
import type { Rate } from '../limits/cell-rate.ts'
import { rateOf } from '../limits/cell-rate.ts'
import type { Cell, CellStore } from '../limits/cell-store.ts'
import { network, wideNetwork } from '../limits/networks.ts'
import type { Pass } from './pass.ts'
import { newPass, passRequests, passSeconds, readPass } from './pass.ts'
import { Pressure } from './pressure.ts'
import type { ProofOfWorkNeeds } from './proof-of-work.ts'
import { ProofOfWork, workSeconds } from './proof-of-work.ts'

/** What a request brings, as far as it may show that its sender worked. */
export type Sent = {
  /** The host that was asked for: lower case, without port. */
  readonly host: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
}

/** By what proofs and passes travel. */
export type WorkNames = {
  /** Request header with a proof: ALTCHA's payload. */
  readonly proof: string
  /** Request and response header with passes. */
  readonly pass: string
  /** What the cookies of passes begin with; the policy's name follows. */
  readonly cookie: string
}

export type ChallengesNeeds = {
  /** 32 secret bytes, the same in every process. */
  readonly secret: Uint8Array
  readonly nowMs: () => number
  readonly randomBytes: (size: number) => Uint8Array
  /** @returns true the first time that `key` is asked for, for so many seconds, in any process. */
  readonly once: (key: string, seconds: number) => Promise<boolean>
  readonly names?: WorkNames
  /** `usualWork` unless said. */
  readonly work?: Pick<ProofOfWorkNeeds, 'rounds' | 'keyPrefix'>
}

/** What has no room under its policy, and whose cell it is. */
export type Exceeded = { readonly policy: string; readonly cell: Cell; readonly address: string; readonly sent: Sent }

/** Custodia's own. None of them reaches an application behind the gateway. */
export const ownNames: WorkNames = {
  proof: 'custodia-work',
  pass: 'custodia-pass',
  cookie: '__Host-custodia-pass-',
}

/** A third of a second or so of one processor at the first level: 4,096 keys on average. One look at a solution costs 300 rounds, or 4,800 at the last. */
const usualWork = { rounds: 300, keyPrefix: '000' } as const
const mostPasses = 4
const mostPassCharacters = 1_000
const mostCookieCharacters = 16_384
/** Longer than a pass holds, so that nothing of it is earned back. */
const passRate = rateOf(passRequests, 86_400)
/** How many proofs an address may have looked at. */
const proofRate = rateOf(20, 60)

/** Asks for work in the place of a refusal, and knows again who has done it. */
export class Challenges {
  readonly names: WorkNames
  readonly #needs: ChallengesNeeds
  readonly #work: ProofOfWork
  readonly #pressure: Pressure

  constructor(needs: ChallengesNeeds) {
    this.#needs = needs
    this.names = needs.names ?? ownNames
    this.#work = new ProofOfWork({ ...needs, ...(needs.work ?? usualWork) })
    this.#pressure = new Pressure(needs.nowMs)
  }

  /** Costs an HMAC, and nothing is remembered. */
  ask(exceeded: Exceeded): Challenge {
    const { pool, rate } = exceeded.cell
    return this.#work.ask(aboutOf(exceeded), this.#pressure.of(pool, rate))
  }

  /** @returns the pass that the request brings for this policy; null where none holds. */
  held(exceeded: Exceeded): Pass | null {
    const brought = this.#brought(exceeded)
    if (brought.length === 0) return null
    const about = aboutOf(exceeded)
    const nowMs = this.#needs.nowMs()
    for (const text of brought) {
      const pass = readPass(this.#needs.secret, about, text, nowMs)
      if (pass !== null) return pass
    }
    return null
  }

  hasProof({ headers }: Sent): boolean {
    return typeof headers[this.names.proof] === 'string'
  }

  /**
   * Takes the proof that the request brings, once in all processes. An address has so many looked at in a minute; beyond that, nothing is used
   * up, and nothing derived.
   *
   * @returns null where there is none, or it does not hold.
   */
  async redeem(exceeded: Exceeded, store: CellStore): Promise<Pass | null> {
    const { cell, address, sent } = exceeded
    const proof = sent.headers[this.names.proof]
    if (typeof proof !== 'string') return null
    const about = aboutOf(exceeded)
    const { secret, nowMs, once } = this.#needs
    const nonce = await this.#work.redeem(about, proof, async (one) => {
      const { allowed } = await store.spend([{ ...proofCell(cell), subject: network(address) }])
      return allowed && (await once(`work:${one}`, workSeconds + 1))
    })
    // Where the memory of what was redeemed is lost, the same proof makes the same pass, which is counted as one.
    return nonce === null ? null : newPass(secret, about, nonce, nowMs())
  }

  /** Called for each request that a pass lets in. */
  passed({ pool }: Cell): void {
    this.#pressure.add(pool)
  }

  keepOnly(pools: ReadonlySet<string>): void {
    this.#pressure.keepOnly(pools)
  }

  /** Header fields by which a pass is handed over. */
  fields(policy: string, { text }: Pass): Readonly<Record<string, string>> {
    const cookie = `${this.names.cookie}${policy}=${text}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=${passSeconds}`
    return { [this.names.pass]: text, 'set-cookie': cookie }
  }

  #brought({ policy, sent: { headers } }: Exceeded): readonly string[] {
    const header = headers[this.names.pass]
    const said = typeof header === 'string' && header.length <= mostPassCharacters ? header.split(',') : []
    const { cookie } = headers
    const kept =
      typeof cookie === 'string' && cookie.length <= mostCookieCharacters && cookie.includes(this.names.cookie)
        ? cookieValues(cookie, `${this.names.cookie}${policy}`)
        : []
    return [...said.map((one) => one.trim()).slice(0, mostPasses), ...kept.slice(0, mostPasses)]
  }
}

/** The requests of a pass, in the place of those of its policy. */
export const passCell = (cell: Cell, { id }: Pass): Cell => ({
  ...cell,
  pool: poolsOf(cell.pool).pass,
  subject: id,
  rate: passRate,
  lost: passRate,
})

export const passFigures: Pick<Rate, 'burst' | 'perSeconds'> = { burst: passRequests, perSeconds: passSeconds }

/** The pools that a policy has beside its own, where it challenges. */
export const poolsOf = (pool: string) => ({ pass: `${pool}/pass`, proof: `${pool}/proof` })

const proofCell = ({ pool }: Cell): Omit<Cell, 'subject'> => ({
  pool: poolsOf(pool).proof,
  rate: proofRate,
  lost: proofRate,
})

/** The policy with its figures, the host, and the network that a subscriber may roam in: /24 or /56. */
const aboutOf = ({ cell, address, sent }: Exceeded): string =>
  JSON.stringify(['limit', cell.pool, sent.host, wideNetwork(address)])
