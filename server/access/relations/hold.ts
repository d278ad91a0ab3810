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
  /** Groups and roles of one subject, itself among them. */
  subjects: 2_000,
} as const

/** Reads that questions of one list share; beyond that each is answered by itself. */
const maxShared = 10_000

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
 * Which of these hold: for lists, whose questions differ in nothing but resource and relation, so that one reading serves all of them.
 * Each is answered as `hold` does, within the same limits; one that it would refuse to answer is one that does not hold.
 */
export async function holdMany(services: HoldServices, questions: readonly Question[]): Promise<readonly boolean[]> {
  const pool: Pool = new Map()
  const answers = new Array<boolean | undefined>(questions.length)
  const known = questions.map((question) => new Knowledge(services, question))
  for (;;) {
    const missing = new Map<string, Read>()
    for (const [index, one] of known.entries()) {
      if (answers[index] !== undefined) continue
      const step = stepWithin(one, pool)
      if (typeof step === 'boolean') answers[index] = step
      else for (const read of step) missing.set(keyOfRead(read), read)
    }
    const [first] = questions
    if (missing.size === 0 || first === undefined) return answers.map((answer) => answer === true)
    if (pool.size + missing.size > maxShared) {
      for (const [index, question] of questions.entries()) answers[index] ??= await holdsAlone(services, question)
      continue
    }
    await readInto(pool, services.reader, first, [...missing.values()])
  }
}

/** As far as a question comes with what was read: its answer, or what it needs. */
function stepWithin(known: Knowledge, pool: Pool): boolean | readonly Read[] {
  try {
    for (;;) {
      const { found, missing } = known.evaluate({ mode: 'actual', exhaustive: false })
      if (found !== null || missing.length === 0) return found !== null
      const unread = missing.filter((read) => !pool.has(keyOfRead(read)))
      if (unread.length > 0) return unread
      known.take(missing, pool)
    }
  } catch (error) {
    if (isLimit(error)) return false
    throw error
  }
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

/** What was read, by `readKey`. */
type Pool = Map<string, readonly Tuple[]>

async function readInto(pool: Pool, reader: TupleReader, question: Question, reads: readonly Read[]): Promise<void> {
  const { organisationId, circumstances } = question
  const subjects = subjectsFor(question)
  if (subjects.length > questionLimits.subjects)
    throw refuse('ACCESS_RELATIONS_TOO_WIDE', { subject: question.subject.type })
  const found = await reader.read(organisationId, reads, subjects, circumstances.nowMs)
  const tuples = new Map<string, Tuple[]>(reads.map((read) => [keyOfRead(read), []]))
  for (const tuple of found) tuples.get(readKey(tuple.resource.type, tuple.resource.id, tuple.relation))?.push(tuple)
  for (const [key, one] of tuples) pool.set(key, one)
}

/** What one question was told, level by level. */
class Knowledge {
  readonly #services: HoldServices
  readonly #question: Question
  readonly #tuples = new Map<string, readonly Tuple[]>()
  #depth = 0

  constructor(services: HoldServices, question: Question) {
    this.#services = services
    this.#question = question
  }

  evaluate(how: How) {
    const evaluation = new Evaluation(this.#services.types, this.#tuples, this.#question, how)
    return { found: evaluation.run(), missing: [...evaluation.missing.values()], evaluation }
  }

  async settle(how: How): Promise<{ readonly found: Found | null; readonly evaluation: Evaluation }> {
    const pool: Pool = new Map()
    for (;;) {
      const { found, missing, evaluation } = this.evaluate(how)
      if (missing.length === 0 || (found !== null && !how.exhaustive)) return { found, evaluation }
      await readInto(pool, this.#services.reader, this.#question, missing)
      this.take(missing, pool)
    }
  }

  /** Goes one level down. @throws Refusal where that is too deep, or too much. */
  take(reads: readonly Read[], pool: Pool): void {
    const { resource, relation } = this.#question
    const about = { type: resource.type, relation }
    // The resource's own level is none to go down.
    if (this.#depth++ > questionLimits.depth) throw refuse('ACCESS_RELATIONS_TOO_DEEP', about)
    if (this.#tuples.size + reads.length > questionLimits.reads) throw refuse('ACCESS_RELATIONS_TOO_WIDE', about)
    for (const read of reads) {
      const tuples = pool.get(keyOfRead(read)) ?? []
      const edges = tuples.filter(({ subject }) => isResourceType(subject.type)).length
      if (edges > maxEdges) throw refuse('ACCESS_RELATIONS_TOO_WIDE', about)
      this.#tuples.set(keyOfRead(read), tuples)
    }
  }
}

const keyOfRead = ({ type, id, relation }: Read): string => readKey(type, id, relation)

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
