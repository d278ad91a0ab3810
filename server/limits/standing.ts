import type { Challenges } from '@custodia/edge/challenge/challenges.ts'
import { Limits } from '@custodia/edge/limits/limits.ts'
import { Lists } from '@custodia/edge/limits/lists.ts'
import type { Policy } from '@custodia/edge/limits/policy.ts'
import type { Access } from '../access/api.ts'
import type { Context } from '../platform/module.ts'
import { builtIn } from './built-in.ts'
import type { config } from './config.ts'
import type { LimitedRecently } from './limited-now.ts'
import { changed } from './parts.ts'
import { entryOf, listEntries, listPolicies, policyOf } from './store.ts'
import type { Store } from './store-choice.ts'

/** Read again even where nothing was heard of: so late, at most, does a process know what another one changed while the bus was lost. */
const everyMs = 10_000

type Needs = {
  readonly context: Context<typeof config>
  readonly access: Pick<Access, 'operating' | 'onChange'>
  readonly store: Store
  readonly challenges: Challenges
  readonly limited: LimitedRecently
}

/** What this process counts by: read from the database whenever somebody changed it. */
export class Standing {
  readonly limits: Limits
  readonly lists: Lists
  readonly store: Store
  readonly #context: Context<typeof config>
  /** The organisation whose lists lift the installation's limits, too. */
  readonly #operating: () => Promise<string | null>
  readonly #ends: (() => void)[]
  readonly #own: readonly Policy[]
  #ofInstallation: readonly Policy[] = []
  #ofOrganisations: readonly Policy[] = []
  readonly #ofApplications: Policy[] = []
  #builtIn: ReadonlySet<Policy> = new Set()
  #reading: Promise<void> | null = null
  #again = false

  constructor({ context, access, store, challenges, limited }: Needs) {
    const outcomes = context.metrics.counter(
      'custodia_limits_refused_total',
      'Requests that had no room under a policy, and those that would have had none under one that is only tried.',
      ['by', 'dry_run'],
    )
    const challenged = context.metrics.counter(
      'custodia_limits_challenged_total',
      'Requests that had no room under a policy that challenges: asked for work, a proof taken or not, let in by a pass.',
      ['by', 'outcome'],
    )
    this.#context = context
    this.#operating = () => access.operating(context.database.queries)
    this.#own = builtIn(context.config.classes)
    this.store = store
    this.lists = new Lists(() => context.clock.nowMs())
    this.limits = new Limits({
      store: store.cells,
      challenges,
      onChallenged(one) {
        challenged.add(1, { by: one.policy.by, outcome: one.outcome })
        if (one.outcome === 'asked' || one.outcome === 'solved') limited.add(one)
      },
      onRefused(refused) {
        outcomes.add(1, { by: refused.policy.by, dry_run: `${refused.policy.dryRun}` })
        limited.add(refused)
      },
    })
    const { bus, log } = context
    const hear = () => void this.read().catch((error) => log.warn({ error }, 'limits could not be read again'))
    const timer = setInterval(hear, everyMs)
    timer.unref()
    // The module that knows who operates the installation starts after this one, and then all may have another meaning.
    const heardAll = access.onChange((subjectId) => subjectId === null && hear())
    this.#ends = [bus.subscribe(changed, hear), bus.onGap(hear), heardAll, () => clearInterval(timer)]
  }

  /** True for what stands in the configuration by class of route, and was not replaced. */
  readonly isBuiltIn = (policy: Policy): boolean => this.#builtIn.has(policy)

  /** As they are now: built in, of the installation, of applications' own configuration, of organisations. */
  get policies() {
    return {
      builtIn: [...this.#builtIn],
      ofInstallation: this.#ofInstallation,
      ofApplications: this.#ofApplications as readonly Policy[],
      ofOrganisations: this.#ofOrganisations,
    }
  }

  addApplication(application: string, policies: readonly Policy[]): void {
    this.#ofApplications.push(...policies.map((policy) => ({ ...policy, application })))
    this.#use()
  }

  /** Resolves once what was committed before the call is what counts. */
  async read(): Promise<void> {
    if (this.#reading !== null) {
      // The one under way may have read before the change.
      this.#again = true
      return await this.#reading
    }
    this.#reading = this.#readUntilQuiet()
    await this.#reading
  }

  stop(): void {
    for (const end of this.#ends) end()
  }

  async #readUntilQuiet(): Promise<void> {
    try {
      do {
        this.#again = false
        await this.#readOnce()
      } while (this.#again)
    } finally {
      this.#reading = null
    }
  }

  async #readOnce(): Promise<void> {
    const { database, clock } = this.#context
    const rows = await listPolicies(database.queries)
    const entries = await listEntries(database.queries, new Date(clock.nowMs()))
    this.#ofInstallation = rows.filter(({ organisation_id }) => organisation_id === null).map(policyOf)
    this.#ofOrganisations = rows.filter(({ organisation_id }) => organisation_id !== null).map(policyOf)
    const operating = await this.#operating()
    this.lists.use(entries.map((entry) => entryOf(entry, operating)))
    this.#use()
  }

  #use(): void {
    const replaced = new Set(
      this.#ofInstallation.filter(({ application }) => application === null).map(({ name }) => name),
    )
    const standing = this.#own.filter(({ name }) => !replaced.has(name))
    this.#builtIn = new Set(standing)
    const all = [...standing, ...this.#ofInstallation, ...this.#ofApplications, ...this.#ofOrganisations]
    this.store.keepOnly(this.limits.use(all))
  }
}
