import type { Session } from '@custodia/wire/http/sessions.ts'

/** This browser first, then the ones used last. */
export function inOrder(sessions: readonly Session[]): Session[] {
  const used = (session: Session) => Date.parse(session.lastUsedAt)
  return sessions.toSorted((a, b) => Number(b.current) - Number(a.current) || used(b) - used(a))
}
