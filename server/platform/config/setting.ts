/** One value that a person may set: by environment, by file, or not at all. */
export type Setting<T = unknown> = {
  /** What it decides, in one sentence. */
  readonly description: string
  /** The value's shape in words, as in `a number of seconds from 60 to 86400`. */
  readonly shape: string
  /** A value that would be accepted. */
  readonly example: string
  /** True where it is masked wherever it is shown, and may come from a file named by KEY_FILE. */
  readonly secret: boolean
  readonly defaultValue: T
  /** @throws Error with a reason in words, where `value` does not have the shape. Environment values are text. */
  parse(value: unknown): T
}

export type SettingTable = Readonly<Record<string, Setting>>

/** The typed values of a table of settings. */
// biome-ignore lint/suspicious/noExplicitAny: inference of the setting's value type
export type Settings<Table> = { readonly [Key in keyof Table]: Table[Key] extends Setting<infer T> ? T : any }

type Common<T> = { description: string; example: string; default: T; secret?: boolean }

function make<T>(common: Common<T>, shape: string, parse: (value: unknown) => T): Setting<T> {
  return {
    description: common.description,
    shape,
    example: common.example,
    secret: common.secret ?? false,
    defaultValue: common.default,
    parse,
  }
}

function wholeNumber(value: unknown, min: number, max: number): number {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string' || !/^-?\d{1,15}$/.test(text)) throw new Error('it is not a whole number')
  const number = Number(text)
  if (number < min || number > max) throw new Error(`it is outside ${min} to ${max}`)
  return number
}

function splitList(text: string): string[] {
  return text.trim() === '' ? [] : text.split(',').map((item) => item.trim())
}

/** The kinds of settings. Each says its own shape, so that an error message needs no second text. */
export const setting = {
  text(options: Common<string> & { pattern?: RegExp; shape?: string }): Setting<string> {
    return make(options, options.shape ?? 'text', (value) => {
      if (typeof value !== 'string') throw new Error('it is not text')
      if (options.pattern !== undefined && !options.pattern.test(value)) throw new Error('it does not match')
      return value
    })
  },

  /** Absent by default. */
  optionalText(options: Omit<Common<null>, 'default'> & { pattern?: RegExp; shape?: string }): Setting<string | null> {
    return make<string | null>({ ...options, default: null }, options.shape ?? 'text', (value) => {
      if (value === null || value === '') return null
      if (typeof value !== 'string') throw new Error('it is not text')
      if (options.pattern !== undefined && !options.pattern.test(value)) throw new Error('it does not match')
      return value
    })
  },

  /** Text with rules of its own. `check` returns what is to be kept, and throws with a reason in words. */
  checkedText(options: Common<string> & { shape: string; check: (text: string) => string }): Setting<string> {
    return make(options, options.shape, (value) => {
      if (typeof value !== 'string') throw new Error('it is not text')
      return options.check(value)
    })
  },

  /** As `checkedText`, absent by default. */
  optionalCheckedText(
    options: Omit<Common<null>, 'default'> & { shape: string; check: (text: string) => string },
  ): Setting<string | null> {
    return make<string | null>({ ...options, default: null }, options.shape, (value) => {
      if (value === null || value === '') return null
      if (typeof value !== 'string') throw new Error('it is not text')
      return options.check(value)
    })
  },

  /** Several texts: a list in the file, separated by commas in the environment. */
  texts(
    options: Common<readonly string[]> & { shape: string; max: number; check: (text: string) => string },
  ): Setting<readonly string[]> {
    return make(options, options.shape, (value) => {
      const items: unknown = typeof value === 'string' ? splitList(value) : value
      if (!Array.isArray(items)) throw new Error('it is not a list')
      if (items.length > options.max) throw new Error(`it has more than ${options.max} entries`)
      return items.map((item: unknown, index) => {
        if (typeof item !== 'string') throw new Error(`entry ${index + 1} is not text`)
        try {
          return options.check(item)
        } catch (error) {
          throw new Error(`entry ${index + 1}: ${(error as Error).message}`)
        }
      })
    })
  },

  number(options: Common<number> & { min: number; max: number; unit: string }): Setting<number> {
    const shape = `a number of ${options.unit} from ${options.min} to ${options.max}`
    return make(options, shape, (value) => wholeNumber(value, options.min, options.max))
  },

  flag(options: Common<boolean>): Setting<boolean> {
    return make(options, 'true or false', (value) => {
      if (value === true || value === 'true') return true
      if (value === false || value === 'false') return false
      throw new Error('it is neither true nor false')
    })
  },

  oneOf<const T extends string>(options: Common<T> & { values: readonly T[] }): Setting<T> {
    return make(options, `one of ${options.values.join(', ')}`, (value) => {
      const found = options.values.find((one) => one === value)
      if (found === undefined) throw new Error('it is none of them')
      return found
    })
  },

  /** A list or a mapping: YAML or JSON in the file, JSON in the environment. `check` throws with the path of what is wrong. */
  structure<T>(options: Common<T> & { shape: string; check: (value: unknown) => T }): Setting<T> {
    return make(options, options.shape, (value) => {
      if (typeof value !== 'string') return options.check(value)
      let parsed: unknown
      try {
        parsed = JSON.parse(value)
      } catch {
        throw new Error('it is not JSON')
      }
      return options.check(parsed)
    })
  },
}
