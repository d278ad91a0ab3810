/** A statement and its values, apart: what `pg`, `node:sqlite` and their like take. */
export type Statement = {
  /** With `$1`, `$2` … at the places of values. */
  readonly text: string
  readonly values: readonly unknown[]
}

class Sql implements Statement {
  readonly strings: readonly string[]
  readonly parts: readonly unknown[]

  constructor(strings: readonly string[], parts: readonly unknown[]) {
    this.strings = strings
    this.parts = parts
  }

  get text(): string {
    return written(this).text
  }

  get values(): readonly unknown[] {
    return written(this).values
  }
}

class Identifier {
  readonly quoted: string

  constructor(quoted: string) {
    this.quoted = quoted
  }
}

/**
 * A statement whose values never become part of its text. Statements may stand in statements; a list becomes `($1, $2, …)` by `sqlList`.
 *
 * @example sql`select * from ${identifier('notes')} where owner = ${user} and id in ${sqlList(ids)}`
 */
export function sql(strings: TemplateStringsArray, ...parts: readonly unknown[]): Statement {
  for (const [i, part] of parts.entries()) {
    const before = strings.slice(0, i + 1).join('?')
    if (quotedAt(before)) throw new TypeError('sql: a value can not stand between quotes; leave them out')
    if (part === undefined) throw new TypeError('sql: a value is undefined; use null')
    if (Array.isArray(part)) throw new TypeError('sql: a list; use sqlList')
  }
  return new Sql(strings, parts)
}

/** A name of a table or a column, in quotes. @throws TypeError where it is none: letters, digits, `_` and `$`, up to 63, with `.` between. */
export function identifier(name: string): unknown {
  const parts = name.split('.')
  if (parts.length > 3 || !parts.every((part) => /^[A-Za-z_][A-Za-z0-9_$]{0,62}$/.test(part)))
    throw new TypeError('sql: not the name of a table or a column')
  return new Identifier(parts.map((part) => `"${part}"`).join('.'))
}

/** A list of 1 to 10,000 values, for `in`. */
export function sqlList(values: readonly unknown[]): Statement {
  if (values.length === 0 || values.length > 10_000) throw new TypeError('sql: a list has 1 to 10000 values')
  return new Sql(['(', ...new Array<string>(values.length - 1).fill(', '), ')'], values)
}

function written(statement: Sql): Statement {
  const values: unknown[] = []
  const write = ({ strings, parts }: Sql): string =>
    strings
      .map((piece, i) => {
        if (i === 0) return piece
        const part = parts[i - 1]
        if (part instanceof Sql) return write(part) + piece
        if (part instanceof Identifier) return part.quoted + piece
        values.push(part)
        return `$${values.length}${piece}`
      })
      .join('')
  return { text: write(statement), values }
}

/** Whether what comes next stands in a string, a quoted name or a comment. */
function quotedAt(text: string): boolean {
  const rest = text.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*\n|\/\*[\s\S]*?\*\//g, '')
  return /['"]|--|\/\*/.test(rest)
}
