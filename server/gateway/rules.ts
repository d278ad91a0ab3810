/** What a request needs. Rules are asked in order; the first that fits decides, and where none fits the answer is no. */
export type Rule = {
  readonly methods: ReadonlySet<string> | null
  readonly pattern: readonly string[]
  /** Null where anybody may, signed in or not. */
  readonly permission: string | null
}

/** The first rule that fits; null where none does. HEAD is allowed wherever GET is (RFC 9110 §9.3.2). */
export function ruleFor(rules: readonly Rule[], method: string, path: string): Rule | null {
  const asked = method === 'HEAD' ? 'GET' : method
  const segments = path.split('/')
  return (
    rules.find((rule) => (rule.methods === null || rule.methods.has(asked)) && fits(rule.pattern, segments)) ?? null
  )
}

/** `*` stands for one segment, `**` at the end for any number, none included. */
function fits(pattern: readonly string[], segments: readonly string[]): boolean {
  for (const [index, part] of pattern.entries()) {
    if (part === '**') return segments.length >= index
    const segment = segments[index]
    if (segment === undefined || (part === '*' ? segment === '' : part !== segment)) return false
  }
  return pattern.length === segments.length
}

const methodNames = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

/**
 * @param where the path of the setting, for messages.
 * @throws Error in words where a rule is not one, or names a permission that the application does not declare.
 */
export function compileRules(value: unknown, where: string, permissions: ReadonlySet<string>): readonly Rule[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 200)
    throw new Error(`${where} is not a list of 1 to 200 rules`)
  return value.map((rule: unknown, index) => compileRule(rule, `${where}[${index}]`, permissions))
}

function compileRule(value: unknown, where: string, permissions: ReadonlySet<string>): Rule {
  if (typeof value !== 'object' || value === null) throw new Error(`${where} is not a mapping`)
  const { methods, path, permission, public: open, ...rest } = value as Record<string, unknown>
  const unknown = Object.keys(rest)[0]
  if (unknown !== undefined) throw new Error(`${where}.${unknown} is not known`)
  if (typeof path !== 'string' || !/^\/[^?#]*$/.test(path) || /\*\*./.test(path))
    throw new Error(`${where}.path is not a path such as /messages/*/labels or /assets/**`)
  if (methods !== undefined && (!Array.isArray(methods) || !methods.every((one) => methodNames.has(one as string))))
    throw new Error(`${where}.methods is not a list of ${[...methodNames].join(', ')}`)
  if ((open === true) === (permission !== undefined))
    throw new Error(`${where} needs either permission or public: true`)
  if (permission !== undefined && !permissions.has(permission as string))
    throw new Error(`${where}.permission is not one of the application's permissions`)
  return {
    methods: methods === undefined ? null : new Set(methods as string[]),
    pattern: path.split('/'),
    permission: (permission as string | undefined) ?? null,
  }
}
