import { SignInPolicy } from '@custodia/wire/http/factors.ts'
import type { OrganisationCommand } from './command-line.ts'
import type { Answer } from './command-output.ts'
import type { OrganisationAdministration } from './identity/administration.ts'
import { compileValidator } from './platform/http/validate.ts'

type Setting = keyof SignInPolicy
const settings = Object.keys(SignInPolicy.properties) as readonly Setting[]

/** The word for an empty list, and for what the installation says. */
const none = 'none'

/** `custodia sign-in-policy set …` */
export const policyCommands: Readonly<Record<string, OrganisationCommand>> = {
  async 'sign-in-policy set'(organisation, [key, ...words]) {
    const setting = settings.find((one) => one === key)
    if (setting === undefined) throw new Error(`There is no setting “${key ?? ''}”. Settings: ${settings.join(', ')}.`)
    const { read, shape } = kindOf(SignInPolicy.properties[setting] as JsonSchema)
    const value = words.length === 0 ? undefined : read(words)
    if (value === undefined || !holds(setting, value)) throw new Error(`${setting} is ${shape}.`)
    return shown(await organisation.changePolicy((stands) => ({ ...stands, [setting]: value })))
  },
}

/** `custodia sign-in-policy show` */
export const showPolicy = async (organisation: OrganisationAdministration): Promise<Answer> =>
  shown(await organisation.policy())

/** What of JSON Schema the settings are written in. */
type JsonSchema = {
  readonly type?: string
  readonly const?: string
  readonly anyOf?: readonly JsonSchema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>
}

/** How words become the value of a setting. `read` gives undefined for what can't; the schema has the last word. */
type Kind = { readonly read: (words: readonly string[]) => unknown; readonly shape: string }

function kindOf(schema: JsonSchema): Kind {
  if (schema.type === 'boolean') return single('true or false', (word) => ({ true: true, false: false })[word])
  if (schema.type === 'integer')
    return single(`a whole number from ${schema.minimum} to ${schema.maximum}`, wholeNumber)
  if (schema.type === 'array')
    return { shape: 'a list of one or more, or none', read: (words) => (isNone(words) ? [] : words) }
  if (schema.type === 'object') {
    const [each] = Object.values(schema.patternProperties ?? {})
    return {
      shape: `one or more of ROLE=VALUE, or none; VALUE is ${each ? kindOf(each).shape : 'text'}`,
      read: readPairs,
    }
  }
  const choices = schema.anyOf?.flatMap((one) => one.const ?? []) ?? []
  if (choices.length > 0) return single(`one of ${choices.join(', ')}`, (word) => word)
  const [some] = schema.anyOf?.filter(({ type }) => type !== 'null') ?? []
  if (some === undefined) return single('text', (word) => word)
  const kind = kindOf(some)
  return { shape: `${kind.shape}, or none`, read: (words) => (isNone(words) ? null : kind.read(words)) }
}

const isNone = (words: readonly string[]): boolean => words.length === 1 && words[0] === none

const single = (shape: string, read: (word: string) => unknown): Kind => ({
  shape,
  read: ([word, ...more]) => (word === undefined || more.length > 0 ? undefined : read(word)),
})

const wholeNumber = (word: string): number | undefined => (/^\d{1,9}$/.test(word) ? Number(word) : undefined)

function readPairs(words: readonly string[]): unknown {
  if (isNone(words)) return {}
  const pairs = words.map((word) => word.split('='))
  if (pairs.some((pair) => pair.length !== 2)) return undefined
  // Said twice, one of the two would be lost.
  return new Set(pairs.map(([role]) => role)).size === pairs.length ? Object.fromEntries(pairs) : undefined
}

/** Held to the very schema of the API. */
function holds(setting: Setting, value: unknown): boolean {
  const part = { type: 'object', properties: { [setting]: SignInPolicy.properties[setting] } }
  try {
    return compileValidator(part, 'body')({ [setting]: value })
  } catch {
    return false
  }
}

function shown(policy: SignInPolicy): Answer {
  const lines = settings.map((setting) => `${setting.padEnd(16)}${words(policy[setting])}`)
  return { value: policy, text: lines.join('\n') }
}

/** As `set` takes it. */
function words(value: unknown): string {
  if (value === null) return none
  const list = Array.isArray(value)
    ? value
    : typeof value === 'object'
      ? Object.entries(value).map(([key, one]) => `${key}=${one}`)
      : [value]
  return list.length === 0 ? none : list.join(' ')
}
