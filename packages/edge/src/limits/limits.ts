import type { Challenge } from 'altcha-lib'
import type { Challenges, Sent } from '../challenge/challenges.ts'
import { poolsOf } from '../challenge/challenges.ts'
import type { Rate } from './cell-rate.ts'
import { rateOf } from './cell-rate.ts'
import type { Cell, CellStore, Spent } from './cell-store.ts'
import { network, wideNetwork } from './networks.ts'
import type { Asked, CountedBy, Policy } from './policy.ts'
import { isKnownOfEverybody, matches, rateWhenLost } from './policy.ts'
import type { Waiting } from './work-instead.ts'
import { challengers, exceededAt, workInstead } from './work-instead.ts'

/** Who sends a request. All but the address are null until they proved it. */
export type Caller = {
  readonly address: string
  /** A person, a service account or an application. */
  readonly account: string | null
  readonly key: string | null
  readonly organisation: string | null
}

/** What came of it: of all policies that matched, the one that says most. */
export type Verdict = {
  readonly allowed: boolean
  readonly policy: Policy
  /** How many more may come at once. */
  readonly remaining: number
  /** 0 where it is allowed. */
  readonly waitMs: number
  /** Work that would let it in at once; only where it is not allowed. */
  readonly challenge?: Challenge
  /** Header fields of a pass that was earned with this request, to be handed over whatever it is answered. */
  readonly pass?: Readonly<Record<string, string>>
}

/** Somebody had no room under a policy. */
export type Refused = {
  readonly policy: Policy
  readonly subject: string
  readonly caller: Caller
  readonly asked: Asked
  readonly waitMs: number
}

/** What became of somebody who had no room under a policy that challenges. */
export type Challenged = Refused & {
  /** `asked`: for work. `solved`: a proof was taken. `failed`: it was not. `passed`: let in by a pass. */
  readonly outcome: 'asked' | 'solved' | 'failed' | 'passed'
}

export type LimitsOptions = {
  readonly store: CellStore
  /** Left out, policies that challenge refuse. */
  readonly challenges?: Challenges
  /** Told of whatever comes of policies that challenge. Must not wait. */
  readonly onChallenged?: (challenged: Challenged) => void
  /** Told of each refusal, and of each that would have been one under a policy that is only tried. Must not wait. */
  readonly onRefused?: (refused: Refused) => void
}

type Compiled = {
  readonly policy: Policy
  readonly subjectOf: (caller: Caller, asked: Asked) => string | null
  readonly pool: string
  readonly rate: Rate
  readonly lost: Rate
}

/** Policies that a kind of request belongs to. Holds until other policies are used. */
export type Plan = {
  readonly asked: Asked
  readonly version: number
  /** Asked before anybody is known. */
  readonly before: readonly Compiled[]
  readonly after: readonly Compiled[]
}

const subjects: Readonly<Record<CountedBy, (caller: Caller, asked: Asked) => string | null>> = {
  address: ({ address }) => network(address),
  network: ({ address }) => wideNetwork(address),
  route: (_caller, { route }) => route,
  account: ({ account }) => account,
  key: ({ key }) => key,
  organisation: ({ organisation }) => organisation,
}

/** Which policies a request belongs to, and whether it has room under all of them. */
export class Limits {
  readonly #options: LimitsOptions
  #compiled: readonly Compiled[] = []
  #version = 0

  constructor(options: LimitsOptions) {
    this.#options = options
  }

  /** Counts by these from now on. A policy whose figures changed begins anew; the others go on. @returns their pools. */
  use(policies: readonly Policy[]): ReadonlySet<string> {
    this.#compiled = policies.map(compile)
    this.#version += 1
    const pools = new Set(
      this.#compiled.flatMap(({ policy, pool }) =>
        policy.exceeded === 'challenge' ? [pool, ...Object.values(poolsOf(pool))] : [pool],
      ),
    )
    this.#options.challenges?.keepOnly(pools)
    return pools
  }

  isCurrent(plan: Plan): boolean {
    return plan.version === this.#version
  }

  /** Whether any policy may match requests to an application; to own routes where it is null. */
  concerns(application: string | null): boolean {
    return this.#compiled.some(({ policy }) => policy.application === undefined || policy.application === application)
  }

  /** @param counts leaves policies out, where it says false. */
  plan(asked: Asked, counts: (policy: Policy) => boolean = () => true): Plan {
    const matching = this.#compiled.filter(({ policy }) => counts(policy) && matches(policy, asked))
    return {
      asked,
      version: this.#version,
      before: matching.filter(({ policy }) => isBefore(policy)),
      after: matching.filter(({ policy }) => !isBefore(policy)),
    }
  }

  /**
   * @param sent what may show that the sender worked; without it, policies that challenge refuse.
   * @returns null where no policy matched. Without a promise where the store needs none.
   */
  arrive(plan: Plan, address: string, sent?: Sent): Verdict | null | Promise<Verdict | null> {
    return this.#spend(plan.asked, plan.before, { address, account: null, key: null, organisation: null }, sent)
  }

  /** Once the caller is known. */
  known(plan: Plan, caller: Caller): Verdict | null | Promise<Verdict | null> {
    return this.#spend(plan.asked, plan.after, caller)
  }

  #spend(
    asked: Asked,
    compiled: readonly Compiled[],
    caller: Caller,
    sent?: Sent,
  ): Verdict | null | Promise<Verdict | null> {
    // Of their length from the start: an empty array that is pushed to takes room for seventeen, and to shorten one costs more than a copy.
    const all = compiled.length
    const allPolicies = new Array<Policy>(all)
    const allCells = new Array<Cell>(all)
    let count = 0
    for (let i = 0; i < compiled.length; i++) {
      const { policy, subjectOf, pool, rate, lost } = compiled[i] as Compiled
      if (policy.organisation !== undefined && policy.organisation !== caller.organisation) continue
      const whole = subjectOf(caller, asked)
      if (whole === null) continue
      const subject = whole.length > 200 ? whole.slice(0, 200) : whole
      allPolicies[count] = policy
      allCells[count++] = { pool, subject, rate, lost, tried: policy.dryRun }
    }
    if (count === 0) return null
    const policies = count === all ? allPolicies : allPolicies.slice(0, count)
    const cells = count === all ? allCells : allCells.slice(0, count)
    const spent = this.#options.store.spend(cells)
    return spent instanceof Promise
      ? spent.then((one) => this.#decide(one, policies, cells, caller, asked, sent))
      : this.#decide(spent, policies, cells, caller, asked, sent)
  }

  #decide(
    spent: Spent,
    policies: readonly Policy[],
    cells: readonly Cell[],
    caller: Caller,
    asked: Asked,
    sent: Sent | undefined,
  ): Verdict | null | Promise<Verdict | null> {
    const { challenges } = this.#options
    if (spent.allowed || sent === undefined || challenges === undefined)
      return this.#judge(spent, policies, cells, caller, asked)
    const waiting = { policies, cells, address: caller.address, sent }
    const holding = challengers(waiting, spent)
    return holding === null
      ? this.#judge(spent, policies, cells, caller, asked)
      : this.#challenge(challenges, waiting, spent, holding, caller, asked)
  }

  async #challenge(
    challenges: Challenges,
    waiting: Waiting,
    spent: Spent,
    holding: readonly number[],
    caller: Caller,
    asked: Asked,
  ): Promise<Verdict | null> {
    const worked = await workInstead(challenges, this.#options.store, waiting, spent, holding)
    const tell = (i: number, outcome: Challenged['outcome']) =>
      this.#options.onChallenged?.({
        ...{ policy: waiting.policies[i] as Policy, subject: (waiting.cells[i] as Cell).subject, caller, asked },
        ...{ waitMs: spent.waitsMs[i] as number, outcome },
      })
    if (worked.failed) tell(worked.asks ?? (holding[0] as number), 'failed')
    for (const i of worked.solved) tell(i, 'solved')
    for (const i of worked.passed) tell(i, 'passed')
    const pass = worked.fields === null ? null : { pass: worked.fields }
    if (worked.asks === null) {
      const { policies, cells } = worked.waiting
      const verdict = this.#judge(worked.spent, policies, cells, caller, asked)
      return verdict === null ? null : { ...verdict, ...pass }
    }
    const i = worked.asks
    tell(i, 'asked')
    const { policies, cells } = waiting
    for (const [n, waitMs] of spent.waitsMs.entries())
      if (waitMs > 0 && cells[n]?.tried === true) this.#refused(waitMs, n, policies, cells, caller, asked)
    const challenge = challenges.ask(exceededAt(waiting, i))
    const policy = policies[i] as Policy
    return { allowed: false, policy, remaining: 0, waitMs: spent.waitsMs[i] as number, challenge, ...pass }
  }

  #refused(
    waitMs: number,
    i: number,
    policies: readonly Policy[],
    cells: readonly Cell[],
    caller: Caller,
    asked: Asked,
  ): void {
    const subject = (cells[i] as Cell).subject
    this.#options.onRefused?.({ policy: policies[i] as Policy, subject, caller, asked, waitMs })
  }

  #judge(
    { allowed, remaining, waitsMs }: Spent,
    policies: readonly Policy[],
    cells: readonly Cell[],
    caller: Caller,
    asked: Asked,
  ): Verdict | null {
    let most = -1
    let mostSaid = -1
    for (let i = 0; i < policies.length; i++) {
      const policy = policies[i] as Policy
      const waitMs = waitsMs[i] as number
      if (waitMs > 0) this.#refused(waitMs, i, policies, cells, caller, asked)
      if (policy.dryRun) continue
      const said = allowed ? 1 - (remaining[i] as number) / policy.burst : waitMs * weightOf(policy)
      if (said > mostSaid) {
        most = i
        mostSaid = said
      }
    }
    if (most === -1) return null
    const waitMs = allowed ? 0 : (waitsMs[most] as number)
    return { allowed, policy: policies[most] as Policy, remaining: remaining[most] as number, waitMs }
  }
}

/** What can be worked for is the least of what holds somebody up. */
const weightOf = ({ exceeded }: Policy): number => (exceeded === 'challenge' ? 1e-9 : 1)

/** What is known of everybody is asked first, so that a flood never reaches what proves who somebody is. */
const isBefore = ({ by, organisation }: Policy): boolean => organisation === undefined && isKnownOfEverybody(by)

function compile(policy: Policy): Compiled {
  const { name, by, burst, perSeconds, application, organisation = '' } = policy
  return {
    policy,
    subjectOf: subjects[by],
    pool: `${organisation}/${application ?? ''}/${name}/${by}/${burst}/${perSeconds}`,
    rate: rateOf(burst, perSeconds),
    lost: rateWhenLost(policy),
  }
}
