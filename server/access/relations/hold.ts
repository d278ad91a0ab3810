import { isRefusal } from '../../platform/errors.ts'
import { refuse } from '../errors.ts'
import type { Held, Question, Subject, Tuple } from './api.ts'
import type { Found, How } from './evaluation.ts'
import { Evaluation } from './evaluation.ts'
import type { ResourceTypes } from './model.ts'
import { countableKinds, everyone, findRelation, isResourceType } from './model.ts'
import type { Read, SubjectKey, TupleReader } from './tuples.ts'
import { maxEdges, readKey } from './tuples.ts'

/** What one question may cost. More is a refusal with a code, never an answer. */
export const questionLimits = {
  /** From the resource to its parents and subject sets, to theirs, and so on. */
  depth: 25,
  /** Relations of resources whose tuples are read. */
  reads: 5_000,
} as const

export type Answer = Held & {
  /** True where another network or session could have another answer. */
  readonly circumstantial: boolean
}

export type HoldServices = { readonly types: ResourceTypes; readonly reader: TupleReader }

/**
 * Answers one question. Reads one level of the graph at a time, and none further than the answer needs.
 *
 * @throws Refusal ACCESS_RELATIONS_TOO_DEEP, ACCESS_RELATIONS_TOO_WIDE
 */
export async function hold(services: HoldServices, question: Question, exhaustive = false): Promise<Answer> {
  const known = new Knowledge(services, question)
  const { found, evaluation } = await known.settle({ mode: 'actual', exhaustive })
  const { circumstantial, soonestMs } = evaluation
  if (found !== null)
    return { holds: true, untilMs: found.untilMs, conditional: null, path: found.steps, circumstantial }
  const otherwise = evaluation.sawUnmet ? await known.settle({ mode: 'optimistic', exhaustive: true }) : null
  return {
    holds: false,
    untilMs: soonestMs,
    conditional: otherwise?.found?.unmet ?? null,
    path: otherwise?.found?.steps ?? evaluation.excludedBy,
    circumstantial,
  }
}

/**
 * Whether the subject has the relation whatever the network and the session, and until when at the most: what it could give on.
 *
 * @returns null where it has not.
 */
export async function holdToGive(services: HoldServices, question: Question): Promise<Found | null> {
  return (await new Knowledge(services, question).settle({ mode: 'strict', exhaustive: true })).found
}

/**
 * Which of these the subject of the first one has: for lists, whose questions differ in nothing but resource and relation, so that one
 * reading serves all of them. A question that `hold` would refuse to answer is one that does not hold.
 */
export async function holdMany(services: HoldServices, questions: readonly Question[]): Promise<readonly boolean[]> {
  const [first] = questions
  if (first === undefined) return []
  const known = new Knowledge(services, first)
  const answers = new Map<Question, boolean>()
  const how = { mode: 'actual', exhaustive: false } as const
  try {
    while (answers.size < questions.length) {
      const missing = new Map<string, Read>()
      for (const question of questions) {
        if (answers.has(question)) continue
        const { found, evaluation } = known.evaluate(question, how)
        if (found !== null || evaluation.missing.size === 0) answers.set(question, found !== null)
        else for (const [key, read] of evaluation.missing) missing.set(key, read)
      }
      if (missing.size > 0) await known.read([...missing.values()])
    }
  } catch (error) {
    if (!isLimit(error)) throw error
    for (const question of questions)
      if (!answers.has(question)) answers.set(question, await holdsAlone(services, question))
  }
  return questions.map((question) => answers.get(question) === true)
}

async function holdsAlone(services: HoldServices, question: Question): Promise<boolean> {
  try {
    return (await hold(services, question)).holds
  } catch (error) {
    if (isLimit(error)) return false
    throw error
  }
}

const isLimit = (error: unknown): boolean =>
  isRefusal(error, 'ACCESS_RELATIONS_TOO_DEEP') || isRefusal(error, 'ACCESS_RELATIONS_TOO_WIDE')

/** What was read for questions about one subject. */
class Knowledge {
  readonly #services: HoldServices
  readonly #question: Question
  readonly #tuples = new Map<string, Tuple[]>()
  #depth = 0

  constructor(services: HoldServices, question: Question) {
    this.#services = services
    this.#question = question
  }

  evaluate(question: Question, how: How): { readonly found: Found | null; readonly evaluation: Evaluation } {
    const evaluation = new Evaluation(this.#services.types, this.#tuples, question, how)
    return { found: evaluation.run(), evaluation }
  }

  async settle(how: How): Promise<{ readonly found: Found | null; readonly evaluation: Evaluation }> {
    for (;;) {
      const { found, evaluation } = this.evaluate(this.#question, how)
      const enough = evaluation.missing.size === 0 || (found !== null && !how.exhaustive)
      if (enough) return { found, evaluation }
      await this.read([...evaluation.missing.values()])
    }
  }

  async read(reads: readonly Read[]): Promise<void> {
    const { organisationId, circumstances, resource, relation } = this.#question
    const about = { type: resource.type, relation }
    // The resource's own level is none to go down.
    if (this.#depth++ > questionLimits.depth) throw refuse('ACCESS_RELATIONS_TOO_DEEP', about)
    if (this.#tuples.size + reads.length > questionLimits.reads) throw refuse('ACCESS_RELATIONS_TOO_WIDE', about)
    const subjects = subjectsFor(this.#question)
    const found = await this.#services.reader.read(organisationId, reads, subjects, circumstances.nowMs)
    for (const { type, id, relation: name } of reads) this.#tuples.set(readKey(type, id, name), [])
    for (const tuple of found) this.#tuples.get(keyOf(tuple))?.push(tuple)
    for (const { type, id, relation: name } of reads) {
      const edges =
        this.#tuples.get(readKey(type, id, name))?.filter(({ subject }) => isResourceType(subject.type)) ?? []
      if (edges.length > maxEdges) throw refuse('ACCESS_RELATIONS_TOO_WIDE', about)
    }
  }
}

const keyOf = ({ resource, relation }: Tuple): string => readKey(resource.type, resource.id, relation)

/** Every subject whose tuples are about who is asked for, but for subject sets. */
export function subjectsFor({ subject, standing }: Pick<Question, 'subject' | 'standing'>): readonly SubjectKey[] {
  const own = keyOfSubject(subject)
  const all = countableKinds.has(subject.type) && subject.id !== everyone ? [{ ...own, id: everyone }] : []
  const groups = standing.groups.map((id) => ({ type: 'group', id, relation: '' }))
  return [own, ...all, ...groups, ...standing.roles.map((id) => ({ type: 'role', id, relation: '' }))]
}

export const keyOfSubject = ({ type, id, relation = '' }: Subject): SubjectKey => ({ type, id, relation })

/** True where the configuration has such a relation: of others nothing needs to be read. */
export const isKnown = (
  types: ResourceTypes,
  { resource, relation }: Pick<Question, 'resource' | 'relation'>,
): boolean => findRelation(types, resource.type, relation) !== undefined
