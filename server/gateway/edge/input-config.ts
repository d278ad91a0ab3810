/** `edge.input` of an application: its OpenAPI document, and how far it is held to it. */
export type InputEdge = {
  /** Path of the file, JSON or YAML; from the folder in which the server was started. */
  readonly openapi: string
  /** What becomes of a reply that the document does not allow. */
  readonly replies: 'off' | 'log' | 'refuse'
  readonly unknownQuery: 'refuse' | 'pass'
  /** The paths that the document speaks of: this one, and what is below it. */
  readonly under: string
}

const replies = ['off', 'log', 'refuse'] as const
const unknownQuery = ['refuse', 'pass'] as const

/** @returns null where nothing is said. @throws Error in words. */
export function checkInput(value: unknown, where: string): InputEdge | null {
  if (value === undefined) return null
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not a mapping`)
  const {
    openapi,
    replies: of = 'off',
    unknownQuery: query = 'refuse',
    under = '/',
    ...rest
  } = value as Record<string, unknown>
  const unknown = Object.keys(rest)[0]
  if (unknown !== undefined) throw new Error(`${where}.${unknown} is not known`)
  if (typeof openapi !== 'string' || openapi === '' || openapi.length > 1_000)
    throw new Error(`${where}.openapi is not the path of a file`)
  if (typeof under !== 'string' || !/^\/(?:[A-Za-z0-9._~-]+(?:\/[A-Za-z0-9._~-]+)*)?$/.test(under))
    throw new Error(`${where}.under is not a path such as /api`)
  return {
    openapi,
    replies: oneOf(replies, of, `${where}.replies`),
    unknownQuery: oneOf(unknownQuery, query, `${where}.unknownQuery`),
    under: under.toLowerCase(),
  }
}

function oneOf<Word extends string>(words: readonly Word[], value: unknown, where: string): Word {
  // YAML reads a bare `off` as text in its version 1.2, and as false in the one before.
  const said = value === false ? 'off' : value
  if (!words.includes(said as Word)) throw new Error(`${where} is not one of ${words.join(', ')}`)
  return said as Word
}
