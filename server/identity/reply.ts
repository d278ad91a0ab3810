import type { Progress } from '@custodia/wire/http/factors.ts'
import { Reply } from '../platform/http/route.ts'
import type { Progressed } from './complete-sign-in.ts'
import type { Parts } from './parts.ts'
import { showUser } from './show-user.ts'

/** Where a sign-in stands, with its cookies. Who is asking is said only once it is over. */
export async function progressReply(parts: Parts, progressed: Progressed): Promise<Reply<Progress>> {
  const { person, cookies, offer, attempt, enrolBefore } = progressed
  const roles = await parts.access.rolesOf(person.organisation_id, person.id)
  const user = attempt === null ? await showUser(parts, person, roles) : null
  const body = { user, attempt, enrolBefore: enrolBefore?.toISOString() ?? null }
  return new Reply(200, body, { ...offer, ...(cookies.length === 0 ? {} : { 'set-cookie': [...cookies] }) })
}
