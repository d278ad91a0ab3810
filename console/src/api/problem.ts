/** What the API says when it declines (RFC 9457 §3.1, with Custodia's extensions), or what stands for its silence. */
export class Problem extends Error {
  /** 0 where no answer came. */
  readonly status: number
  readonly code: string
  readonly title: string
  readonly help: string
  /** As in `body.email`. */
  readonly field: string | null
  /** What is wrong with this one, where the title speaks of all such. */
  readonly detail: string | null
  readonly requestId: string | null
  /** How long the server asks to wait; null where it says nothing. */
  readonly retryAfterSeconds: number | null
  /** Work that has to be proven first, as the server states it; null where none is asked for. */
  readonly challenge: string | null
  /** All that the reply had, such as `permission` or `latest`. */
  readonly facts: Readonly<Record<string, unknown>>

  constructor(facts: {
    status: number
    code: string
    title: string
    help: string
    field?: string | null
    detail?: string | null
    requestId?: string | null
    retryAfterSeconds?: number | null
    challenge?: string | null
    facts?: Readonly<Record<string, unknown>>
  }) {
    super(`${facts.code}: ${facts.title}`)
    this.name = 'Problem'
    this.status = facts.status
    this.code = facts.code
    this.title = facts.title
    this.help = facts.help
    this.field = facts.field ?? null
    this.detail = facts.detail ?? null
    this.requestId = facts.requestId ?? null
    this.retryAfterSeconds = facts.retryAfterSeconds ?? null
    this.challenge = facts.challenge ?? null
    this.facts = facts.facts ?? {}
  }
}

/** The longest wait that is shown; a larger figure is taken for this one. */
const longestWaitSeconds = 86_400

/** RFC 9110 §10.2.3: seconds, or a date. @returns null where the header is absent or is neither. */
export function parseRetryAfter(header: string | null, nowMs: number): number | null {
  if (header === null) return null
  const text = header.trim()
  const seconds = /^\d{1,10}$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - nowMs) / 1000)
  if (Number.isNaN(seconds)) return null
  return Math.min(Math.max(seconds, 0), longestWaitSeconds)
}

const text = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** Reads a refusal's body. A body that is not a problem (a proxy's page, say) still becomes one, with its status. */
export function readProblem(status: number, body: unknown, retryAfterSeconds: number | null): Problem {
  const found: Record<string, unknown> = typeof body === 'object' && body !== null ? { ...body } : {}
  return new Problem({
    status,
    code: text(found.code) ?? 'REPLY_UNREADABLE',
    title: text(found.title) ?? `The server answered with status ${status}.`,
    help: text(found.help) ?? 'Try again in a moment.',
    field: text(found.field),
    detail: text(found.detail),
    requestId: text(found.requestId),
    challenge: text(found.challenge),
    facts: found,
    retryAfterSeconds,
  })
}

/** Any thrown thing as something that can be shown. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  return new Problem({
    status: 0,
    code: 'PAGE_FAULT',
    title: 'This page ran into an error of its own.',
    help: 'Load it again; if that does not help, tell whoever runs this server.',
  })
}
