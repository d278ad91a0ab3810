/** What JSON can carry. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const maxDepth = 64

/**
 * Canonical JSON (RFC 8785): one value, one text, so that its hash means something.
 *
 * Lone surrogates, which RFC 8785 §3.2.2.2 cannot carry, become U+FFFD. Members that are `undefined` are left out.
 *
 * @throws Error for what JSON cannot say (other types, NaN, infinities), for two keys that become one, and below 64 levels.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0)
}

function write(value: unknown, depth: number): string {
  if (depth > maxDepth) throw new Error('canonical JSON: nested too deeply')
  if (value === null || typeof value === 'boolean') return String(value)
  // §3.2.2.3 asks for the number format of ECMAScript, which JSON.stringify has; it writes -0 as 0.
  if (typeof value === 'number' && Number.isFinite(value)) return JSON.stringify(value)
  // §3.2.2.2 asks for exactly the escapes of JSON.stringify.
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed())
  if (Array.isArray(value)) return `[${Array.from(value, (item) => write(item, depth + 1)).join(',')}]`
  if (typeof value === 'object' && isPlain(value)) return writeObject(value, depth)
  throw new Error(`canonical JSON: cannot carry ${typeof value}`)
}

function writeObject(value: object, depth: number): string {
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .map(([key, member]) => [key.toWellFormed(), member] as const)
    // §3.2.3: by UTF-16 code units, which is how JavaScript compares text.
    .sort(([a], [b]) => (a < b ? -1 : 1))
  let last: string | undefined
  const parts = members.map(([key, member]) => {
    if (key === last) throw new Error('canonical JSON: two members have one name')
    last = key
    return `${JSON.stringify(key)}:${write(member, depth + 1)}`
  })
  return `{${parts.join(',')}}`
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype
}
