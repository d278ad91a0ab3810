import { proveFresh } from './fresh.ts'
import { Problem, parseRetryAfter, readProblem } from './problem.ts'
import { working } from './working.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

const timeLimitMs = 20_000

/** Appends what is set. @example withQuery('/v1/users', { search: '', limit: 50 }) is '/v1/users?limit=50' */
export function withQuery(path: string, query: Readonly<Record<string, string | number | null | undefined>>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return text === '' ? path : `${path}?${text}`
}

function send(method: Method, path: string, body: unknown, signal: AbortSignal | undefined): Promise<Response> {
  return working((headers) => sendOnce(method, path, body, signal, headers))
}

async function sendOnce(
  method: Method,
  path: string,
  body: unknown,
  signal: AbortSignal | undefined,
  more: Readonly<Record<string, string>>,
): Promise<Response> {
  const limit = AbortSignal.timeout(timeLimitMs)
  let response: Response
  try {
    response = await fetch(path, {
      method,
      headers: body === undefined ? more : { 'content-type': 'application/json', ...more },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      credentials: 'same-origin',
      cache: 'no-store',
      // The API never redirects; what does is something in between, which must not see a body.
      redirect: 'error',
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    })
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new Problem({
      status: 0,
      code: 'SERVER_UNREACHABLE',
      title: 'The server could not be reached.',
      help: 'Check your connection, then try again.',
    })
  }
  if (response.ok) return response
  const reply: unknown = await response.json().catch(() => null)
  throw readProblem(response.status, reply, parseRetryAfter(response.headers.get('retry-after'), Date.now()))
}

/** Where the API wants to know first that it is still the same person, they are asked, and the request is sent once more. */
async function sendFresh(...call: Parameters<typeof send>): Promise<Response> {
  try {
    return await send(...call)
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'FRESH_FACTOR_REQUIRED' || !(await proveFresh())) throw error
    return await send(...call)
  }
}

/**
 * Calls the API.
 *
 * @returns the reply's JSON; null for 204.
 * @throws Problem for every refusal, and where no answer came within 20 s.
 */
export async function request<T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const response = await sendFresh(method, path, body, signal)
  if (response.status === 204) return null as T
  return (await response.json()) as T
}

/** Reads a plain file, as in `/ledger/checkpoint`. @throws Problem as `request` does. */
export async function requestText(path: string, signal?: AbortSignal): Promise<string> {
  const response = await send('GET', path, undefined, signal)
  return await response.text()
}
