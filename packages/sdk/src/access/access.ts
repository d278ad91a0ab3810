import type { RelationTuple } from '@custodia/wire/http/relations.ts'
import type { Caller } from '../calls/caller.ts'
import { CustodiaError } from '../errors.ts'
import type { AccessAsker, AccessQuestion, AccessResource } from './question.ts'
import { askerOf, evaluationOf, isBeyondKey } from './question.ts'
import type { AccessDecision } from './replies.ts'
import { readDecision, readDecisions, readPage, readRelations, readWritten } from './replies.ts'

export type AccessOptions = {
  /** `deny` unless said: where there is no answer, it is no. `throw` tells the two apart; it is no yes either. */
  readonly onFailure?: 'deny' | 'throw'
}

/**
 * May somebody do something? Custodia decides. Every method throws CustodiaError INPUT_INVALID where a question has the wrong shape, and
 * CONFIGURATION_INVALID where the client has no key.
 */
export type Access = {
  check(question: AccessQuestion, options?: AccessOptions): Promise<boolean>
  /** As `check`, with the reason, what is missing, and a token. */
  decide(question: AccessQuestion, options?: AccessOptions): Promise<AccessDecision>
  /** One answer a question, in their order; a hundred go in one call. */
  checkMany(questions: readonly AccessQuestion[], options?: AccessOptions): Promise<readonly boolean[]>
  /** Those of a list that the question about them allows, in their order. */
  filter<Item>(
    items: Iterable<Item>,
    question: (item: Item) => AccessQuestion,
    options?: AccessOptions,
  ): Promise<Item[]>
  /**
   * Identifiers of the resources of a type that relations name to the subject, each of which a check allows.
   *
   * @throws CustodiaError where a page fails: a list that ends early looks like a whole one.
   */
  listResources(search: AccessAsker & { readonly type: string }): AsyncGenerator<string, void, undefined>
  /**
   * Shares resources of the application's own types, and takes shares back: 1 to 100 together, all or none. What is there already, or gone
   * already, is no error.
   *
   * Nobody's rights limit what an application does by itself. For a person who asks it to share, it says `onBehalfOf`: then Custodia holds the
   * change against what that person may give, and the ledger names them.
   *
   * @returns how many changed, and a token for `atLeast` of the questions that follow.
   * @throws CustodiaError CUSTODIA_REFUSED, with Custodia's own code in `details.problem`; ASSERTION_MISSING where `onBehalfOf` is there and
   * empty; and what every call throws.
   */
  writeRelations(
    change: RelationChanges,
    options?: OnBehalf,
  ): Promise<{ readonly changed: number; readonly token: string }>
  /**
   * With whom one resource of the application's own types is shared, as it was written. Whether the asker may see that, ask first.
   *
   * @throws CustodiaError where a page fails.
   */
  listRelations(resource: AccessResource): AsyncGenerator<RelationTuple, void, undefined>
}

export type RelationChanges = {
  readonly add?: readonly RelationTuple[]
  readonly remove?: readonly Omit<RelationTuple, 'condition' | 'expiresAt'>[]
}

export type OnBehalf = {
  /**
   * The header `Custodia-Assertion` of the request that is being answered, as it came. It proves that this person is asking now, and no
   * application can make one.
   */
  readonly onBehalfOf: string | readonly string[] | null | undefined
}

const mostInCall = 100
/** UTF-16 units; the server takes 262,144 bytes, and one unit is at most three of them. */
const mostUnits = 80_000
/** So that a page of them, each with twenty networks, is a reply that is taken. */
const tuplesAtOnce = 50
const again = { idempotent: true } as const
const searchPath = '/access/v1/search/resource'

/** @param caller null where the client has no key. */
export function createAccess(caller: Caller | null, onFailed: (error: CustodiaError) => void): Access {
  function called(): Caller {
    if (caller === null) throw new CustodiaError('CONFIGURATION_INVALID', { field: 'key' })
    return caller
  }

  const post = async (path: string, body: unknown) => await called().post(path, body, again)

  /** What comes instead of answers where there are none. */
  function failed(error: unknown, { onFailure = 'deny' }: AccessOptions): AccessDecision {
    const passes = error instanceof CustodiaError && error.code !== 'CONFIGURATION_INVALID'
    if (!passes || onFailure === 'throw') throw error
    onFailed(error)
    return { allowed: false, reason: 'failed', error }
  }

  async function decide(question: AccessQuestion, options: AccessOptions = {}): Promise<AccessDecision> {
    const body = evaluationOf(question)
    if (isBeyondKey(question)) return { allowed: false, reason: 'no-grant' }
    try {
      return readDecision(await post('/access/v1/evaluation', body))
    } catch (error) {
      return failed(error, options)
    }
  }

  async function checkMany(questions: readonly AccessQuestion[], options: AccessOptions = {}): Promise<boolean[]> {
    const answers: boolean[] = []
    const all = questions.map(evaluationOf)
    const beyond = questions.map(isBeyondKey)
    for (const evaluations of inCalls(all.filter((_one, at) => !beyond[at]))) {
      try {
        const decisions = readDecisions(await post('/access/v1/evaluations', { evaluations }), evaluations.length)
        answers.push(...decisions.map(({ allowed }) => allowed))
      } catch (error) {
        const { allowed } = failed(error, options)
        answers.push(...evaluations.map(() => allowed))
      }
    }
    let at = 0
    return beyond.map((is) => !is && answers[at++] === true)
  }

  return {
    decide,
    checkMany,
    check: async (question, options) => (await decide(question, options)).allowed,
    async filter(items, question, options) {
      const all = [...items]
      const answers = await checkMany(all.map(question), options)
      return all.filter((_item, at) => answers[at] === true)
    },
    writeRelations: async ({ add = [], remove = [] }, options) =>
      readWritten(await post('/v1/relations', { add, remove, ...behalfOf(options) })),
    async *listRelations({ type, id }) {
      for (let cursor = ''; ; ) {
        const query = new URLSearchParams({
          type,
          id,
          limit: String(tuplesAtOnce),
          ...(cursor === '' ? {} : { cursor }),
        })
        const page = readRelations(await called().get(`/v1/relations?${query}`))
        yield* page.items
        // A page that leads to itself would never end.
        if (page.next !== null && page.next === cursor) throw new CustodiaError('CUSTODIA_REPLY_INVALID')
        if (page.next === null) return
        cursor = page.next
      }
    },
    async *listResources({ type, ...asker }) {
      const asked = { ...askerOf(asker), resource: { type } }
      if (isBeyondKey(asker)) return
      for (let token = ''; ; ) {
        const page = readPage(await post(searchPath, token === '' ? asked : { ...asked, page: { token } }))
        yield* page.ids
        // A page that leads to itself would never end.
        if (page.next !== '' && page.next === token) throw new CustodiaError('CUSTODIA_REPLY_INVALID')
        token = page.next
        if (token === '') return
      }
    },
  }
}

/**
 * Whoever says that somebody asks, and has nothing that proves it, must not write by the application's own right instead.
 *
 * @throws CustodiaError ASSERTION_MISSING
 */
function behalfOf(options: OnBehalf | undefined): { onBehalfOf?: string } {
  if (options === undefined) return {}
  const { onBehalfOf } = options
  if (typeof onBehalfOf !== 'string' || onBehalfOf === '') throw new CustodiaError('ASSERTION_MISSING')
  return { onBehalfOf }
}

type Evaluation = ReturnType<typeof evaluationOf>

function* inCalls(evaluations: readonly Evaluation[]): Generator<Evaluation[]> {
  let call: Evaluation[] = []
  let units = 0
  for (const one of evaluations) {
    const length = JSON.stringify(one).length
    if (call.length === mostInCall || (call.length > 0 && units + length > mostUnits)) {
      yield call
      call = []
      units = 0
    }
    call.push(one)
    units += length
  }
  if (call.length > 0) yield call
}
