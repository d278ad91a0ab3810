const masked = '[masked]'
const bounds = { depth: 6, nodes: 500, perObject: 64, keyCharacters: 128, textCharacters: 4_096 } as const

// `key` only at the end: `keyId` and `keyVersion` are what an operator looks for.
const secretName = /password|passphrase|secret|token|cookie|authorization|credential|key$/i

// RFC 3986 §3.2.1: what stands between the scheme and the host may be a password. Bounded, so that it stays linear.
const passwordInUrl = /\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:@/]{0,256}):[^\s@/]{1,512}@/gi

/**
 * A copy of `fields` that may be logged: plain data, bounded in depth and size, secrets masked by the name of their field at
 * any depth, control characters taken out of every text (ASVS 16.4.1), errors by name, code, message and stack alone. Never
 * throws, whatever it is given.
 */
export function loggable(fields: object): Record<string, unknown> {
  const copy = copyValue(fields, 0, { nodes: 0 })
  if (fields instanceof Error) return { error: copy }
  return typeof copy === 'object' && !Array.isArray(copy) ? (copy as Record<string, unknown>) : { value: copy }
}

/** One line of text without control characters, line breaks and invisible formatting; at most 4,096 characters. */
export function loggableText(text: string): string {
  const cut = text.length > bounds.textCharacters ? `${text.slice(0, bounds.textCharacters)}…` : text
  return cut.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '�').replace(passwordInUrl, `$1:${masked}@`)
}

type Count = { nodes: number }

function copyValue(value: unknown, depth: number, count: Count): unknown {
  count.nodes += 1
  if (count.nodes > bounds.nodes) return '[too large]'
  switch (typeof value) {
    case 'string':
      return loggableText(value)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'boolean':
      return value
    case 'bigint':
      return String(value)
    case 'object':
      return value === null ? null : copyObject(value, depth, count)
    default:
      return undefined
  }
}

function copyObject(value: object, depth: number, count: Count): unknown {
  if (depth >= bounds.depth) return '[too deep]'
  try {
    if (value instanceof Error) return copyError(value, depth, count)
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString()
    if (value instanceof URL) return loggableText(value.origin + value.pathname)
    // Bytes are keys and ciphertexts more often than anything a person wants to read.
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return `[${value.byteLength} bytes]`
    if (value instanceof Map || value instanceof Set) return `[${value.size} entries]`
    if (Array.isArray(value)) return copyArray(value, depth, count)
    return copyFields(value, depth, count)
  } catch {
    // A getter or a proxy that throws.
    return '[unreadable]'
  }
}

function copyArray(value: readonly unknown[], depth: number, count: Count): unknown[] {
  const items = value.slice(0, bounds.perObject).map((item) => copyValue(item, depth + 1, count) ?? null)
  return value.length > bounds.perObject ? [...items, `[${value.length - bounds.perObject} more]`] : items
}

function copyFields(value: object, depth: number, count: Count): Record<string, unknown> {
  const copy: Record<string, unknown> = Object.create(null)
  let kept = 0
  for (const key in value) {
    if (!Object.hasOwn(value, key)) continue
    kept += 1
    if (kept > bounds.perObject) {
      copy['…'] = '[more]'
      break
    }
    const name = loggableText(key.slice(0, bounds.keyCharacters))
    const field = (value as Record<string, unknown>)[key]
    copy[name] = secretName.test(name) ? masked : copyValue(field, depth + 1, count)
  }
  return copy
}

// What libraries hang onto their errors (bodies of requests, rows, addresses with passwords) stays out.
function copyError(error: Error, depth: number, count: Count): Record<string, unknown> {
  const code = 'code' in error ? error.code : undefined
  const stack = typeof error.stack === 'string' ? error.stack.split('\n').filter((line) => /^\s+at /.test(line)) : []
  return {
    name: loggableText(String(error.name)),
    ...(typeof code === 'string' || typeof code === 'number' ? { code: copyValue(code, depth, count) } : {}),
    message: loggableText(String(error.message)),
    stack: stack.slice(0, 20).map((line) => loggableText(line.trim())),
    ...(error.cause === undefined ? {} : { cause: copyValue(error.cause, depth + 1, count) }),
  }
}
