import type { Bus } from '../../platform/cache/cache.ts'
import type { Decision as CedarDecision, CedarRecord, Compiled } from '../cedar/api.ts'
import type { DecisionLog, NotedDecision } from '../decisions/api.ts'
import type { Grants, RoleTable, Standing } from '../grants/grants.ts'
import { scopeCovers } from '../key-scope.ts'
import type { LivePolicies, LiveSource, PolicySetJson } from '../policies/api.ts'
import type { Held, Relations } from '../relations/api.ts'
import type { ResourceTypes } from '../relations/model.ts'
import { contextOf } from './context.ts'
import { actionOf, Entities, Waiting } from './entities.ts'
import type { Explanation, Options, Question, Verdict, Who } from './question.ts'
import { recordedOf } from './recorded.ts'
import { Remembered } from './remembered.ts'

export type DecisionNeeds = {
  readonly grants: Grants
  readonly relations: Relations
  readonly policies: LiveSource
  readonly log: DecisionLog
  readonly types: ResourceTypes
  readonly builtIn: (table: RoleTable) => PolicySetJson
  readonly bus: Bus
  /** The newest revision of the organisation that this process knows of. */
  readonly revisionOf: (organisationId: string) => number
}

/** What a decision stands on, all of one moment. */
type Ground = { readonly table: RoleTable; readonly standing: Standing; readonly live: LivePolicies }

/** More relations than that are asked about by no policy. */
const maxWaits = 100

const scopesAllow = ({ scopes }: Who, permission: string): boolean =>
  scopes === undefined || scopes.some((scope) => scopeCovers(scope, permission))

const outsideScopes: Verdict = {
  allowed: false,
  reason: 'forbidden',
  policies: ['key-scope'],
  errors: [],
  policyVersion: 0,
  unmet: null,
  untilMs: Number.POSITIVE_INFINITY,
}

/**
 * The one decision function: routes, gateway, SDK and API ask here and nowhere else. Deny by default; answers at once where everything
 * that it needs is remembered.
 */
export class DecisionPoint {
  readonly #needs: DecisionNeeds
  readonly #remembered: Remembered

  constructor(needs: DecisionNeeds) {
    this.#needs = needs
    this.#remembered = new Remembered(needs.bus)
  }

  check(question: Question, options: Options = {}): Verdict | Promise<Verdict> {
    const { who, permission } = question
    if (!scopesAllow(who, permission)) return this.#noted(question, outsideScopes, null, performance.now(), options)
    const known = options.anew === true ? undefined : this.#remembered.get(question)
    if (known !== undefined) {
      const recorded = () => recordedOf(question, known.standing, known.held, this.#needs.types)
      return this.#noted(question, known.verdict, recorded, null, options)
    }
    const startedMs = performance.now()
    const generation = this.#remembered.generation
    const finish = (ground: Ground): Verdict | Promise<Verdict> => {
      const entities = new Entities({
        ...this.#needs,
        question,
        standing: ground.standing,
        anew: options.anew === true,
      })
      const done = (answer: CedarDecision): Verdict => {
        const verdict = verdictOf(answer, ground, entities.held)
        if (options.anew !== true && rememberable(question, ground.live))
          this.#remembered.keep(question, { verdict, standing: ground.standing, held: entities.held }, generation)
        const recorded = () => recordedOf(question, ground.standing, entities.held, this.#needs.types)
        return this.#noted(question, verdict, recorded, startedMs, options)
      }
      return this.#decide(question, ground, entities, done)
    }
    const ground = this.#ground(question)
    return ground instanceof Promise ? ground.then(finish) : finish(ground)
  }

  /** Forgets what was remembered of an organisation; of all where it is null. */
  forget(organisationId: string | null): void {
    this.#remembered.forget(organisationId)
  }

  /** Forgets the decisions of every organisation in which one was about this subject. */
  forgetSubject(subjectId: string): void {
    this.#remembered.forgetSubject(subjectId)
  }

  /** Decides from the tables alone, and says what it looked at. It does not stand in the decision log. */
  async explain(question: Question): Promise<Explanation> {
    const { who, permission, what } = question
    const ground = await this.#ground(question)
    const entities = new Entities({ ...this.#needs, question, standing: ground.standing, anew: true })
    const request = requestOf(question, entities, this.#needs.types)
    const verdict = scopesAllow(who, permission)
      ? await this.#decide(question, ground, entities, (answer) => verdictOf(answer, ground, entities.held))
      : outsideScopes
    const giving = [...(this.#needs.types.get(what.type ?? '')?.relations.values() ?? [])]
    const relations = giving.filter(({ permissions }) => permissions.includes(permission)).map(({ name }) => name)
    const roles = [...ground.table.roles.values()].filter(({ permissions }) => permissions.includes(permission))
    return {
      verdict,
      standing: ground.standing,
      considered: this.#compiled(ground).candidates(request, entities),
      relations: Object.fromEntries(
        [...entities.held].map(([id, held]) => [id.slice(id.lastIndexOf('#') + 1), held] as const),
      ),
      wouldGrant: { roles: roles.map(({ name }) => name), relations },
    }
  }

  #compiled({ table, live }: Ground): Compiled {
    return live.compileWith(this.#needs.builtIn(table))
  }

  /** Everything comes from memory, or is read at once. */
  #ground({ who }: Question): Ground | Promise<Ground> {
    const { grants, policies } = this.#needs
    const table = grants.roleTable(who.organisationId)
    const given = grants.standingOf(who.organisationId, who.id)
    const live = policies.live(who.organisationId)
    if (table instanceof Promise || given instanceof Promise || live instanceof Promise)
      return Promise.all([table, given, live]).then(([one, two, three]) => ({
        table: one,
        standing: standingOf(who, two, one),
        live: three,
      }))
    return { table, standing: standingOf(who, given, table), live }
  }

  #decide(
    question: Question,
    ground: Ground,
    entities: Entities,
    done: (answer: CedarDecision) => Verdict,
  ): Verdict | Promise<Verdict> {
    const compiled = this.#compiled(ground)
    const request = requestOf(question, entities, this.#needs.types)
    try {
      return done(compiled.decide(request, entities))
    } catch (error) {
      if (!(error instanceof Waiting)) throw error
      return decideAfter(error)
    }

    async function decideAfter(first: Waiting): Promise<Verdict> {
      let waiting = first
      for (let waits = 0; waits < maxWaits; waits++) {
        await waiting.until
        try {
          return done(compiled.decide(request, entities))
        } catch (error) {
          if (!(error instanceof Waiting)) throw error
          waiting = error
        }
      }
      throw new Error('a decision asks for more relations than it may')
    }
  }

  #noted(
    question: Question,
    verdict: Verdict,
    recorded: NotedDecision['recorded'] | null,
    startedMs: number | null,
    { log }: Options,
  ): Verdict {
    if (log === false) return verdict
    const { who, what, permission, facts } = question
    this.#needs.log.note({
      organisationId: who.organisationId,
      principal: who,
      action: permission,
      resource: what.type === null ? null : { type: what.type, id: what.id },
      decision: verdict.allowed ? 'allow' : 'deny',
      reason: verdict.reason,
      policies: verdict.policies,
      errors: verdict.errors,
      policyVersion: verdict.policyVersion,
      revision: this.#needs.revisionOf(who.organisationId),
      latencyMicroseconds: startedMs === null ? 0 : Math.round((performance.now() - startedMs) * 1_000),
      address: facts.address,
      recorded: recorded ?? (() => null),
    })
    return verdict
  }
}

/** Roles that came with who asks take the place of those that were given; what they include belongs to them. */
function standingOf({ roles }: Who, given: Standing, table: RoleTable): Standing {
  if (roles === undefined) return given
  const all = new Set(roles.flatMap((role) => table.roles.get(role)?.closure ?? []))
  return { ...given, roles: [...all].sort() }
}

function requestOf({ permission, facts, what }: Question, { principal, resource }: Entities, types: ResourceTypes) {
  let made: CedarRecord | null = null
  return {
    principal,
    action: actionOf(permission),
    resource,
    /** Made for the first policy that reads it: most decisions are made by policies that read none. */
    get context() {
      made ??= contextOf(facts, what, types)
      return made
    },
  }
}

/**
 * What Cedar's answer means here. It leaves out policies that could not be evaluated; a forbid among them would then let pass what it
 * is there to stop, so here it stops it.
 */
function verdictOf(answer: CedarDecision, { standing, live }: Ground, held: ReadonlyMap<string, Held>): Verdict {
  const errors = answer.errors.map(({ policyId }) => policyId)
  const failed = errors.filter((id) => isForbid(live, id))
  const untilMs = Math.min(standing.untilMs, ...[...held.values()].map((one) => one.untilMs))
  const found = { errors, policyVersion: live.version, untilMs, unmet: null }
  if (failed.length > 0) return { ...found, allowed: false, reason: 'forbidden', policies: failed }
  if (answer.decision === 'allow') return { ...found, allowed: true, reason: 'permitted', policies: answer.determining }
  if (answer.determining.length > 0)
    return { ...found, allowed: false, reason: 'forbidden', policies: answer.determining }
  const unmet = [...held.values()].find(({ conditional }) => conditional !== null)?.conditional ?? null
  return { ...found, allowed: false, reason: unmet === null ? 'no-grant' : 'condition', policies: [], unmet }
}

/** A policy that is not the organisation's own is built in; none of those fails. */
function isForbid({ policies }: LivePolicies, id: string): boolean {
  const own = policies.staticPolicies[id] as { effect?: unknown } | undefined
  return own === undefined || own.effect !== 'permit'
}

/** What looks at the circumstances, or at what an application says, is decided each time. */
const rememberable = ({ what }: Question, { version }: LivePolicies): boolean =>
  version === 0 && what.attributes === undefined
