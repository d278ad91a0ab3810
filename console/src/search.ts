/**
 * The query of an address as plain text values. The router's own way reads `123` as a number and `{…}` as JSON;
 * here a value is what stands there. Where a name is repeated the last one counts.
 */
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text))
}

/** The other direction: what is empty is left out. @returns text that begins with `?`, or nothing. */
export function stringifySearch(search: Readonly<Record<string, unknown>>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    if (typeof value === 'string' && value !== '') params.set(name, value)
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/**
 * Keeps the named values of a query, and of those only what is text and not longer than an address should hold.
 *
 * @param names what a page reads from its address.
 */
export function keep<const Name extends string>(names: readonly Name[]) {
  return (search: Record<string, unknown>): { [Key in Name]?: string } => {
    const kept: { [Key in Name]?: string } = {}
    for (const name of names) {
      const value = search[name]
      if (typeof value === 'string' && value !== '' && value.length <= 512) kept[name] = value
    }
    return kept
  }
}
