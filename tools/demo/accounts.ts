import { randomBytes } from 'node:crypto'
import type { Caller } from './call.ts'

export type Account = {
  readonly email: string
  readonly password: string
  readonly role: string
  readonly name: string
}

/** Who the demo has. Their passwords are made at the first start, or taken from CUSTODIA_DEMO_PASSWORD. */
export function newAccounts(password: string | undefined): readonly Account[] {
  const make = () => password ?? randomBytes(12).toString('base64url')
  return [
    { email: 'mara@brightwater.example', name: 'Mara Lind', role: 'administrator', password: make() },
    { email: 'priya@brightwater.example', name: 'Priya Raman', role: 'member', password: make() },
    { email: 'jonas@brightwater.example', name: 'Jonas Bäcker', role: 'reader', password: make() },
  ]
}

/**
 * Sets the organisation up the way a person would, by the set-up link and two invitations, through the public API.
 *
 * @param setupLink null to go on where a demo was ended half-way: an administrator is there, and perhaps a member.
 */
export async function createAccounts(
  call: Caller,
  setupLink: string | null,
  accounts: readonly Account[],
): Promise<void> {
  const [administrator, ...members] = accounts as [Account, ...Account[]]
  const { email, name, password } = administrator
  const set =
    setupLink === null
      ? await signInAs(call, administrator)
      : await call('POST', '/v1/setup', {
          body: { token: tokenOf(setupLink), organisation: 'Brightwater Boats', name, email, password },
        })
  if (set.status !== 200 || set.cookie === null)
    throw new Error(`The first administrator could not be made: ${JSON.stringify(set.body)}`)
  for (const member of members) {
    // Only with their password: who was invited and never came is invited again.
    if (setupLink === null && (await signInAs(call, member)).status === 200) continue
    const invited = await call('POST', '/v1/invitations', {
      cookie: set.cookie,
      body: { email: member.email, name: member.name, roles: [member.role] },
    })
    if (invited.status !== 200 && invited.status !== 201)
      throw new Error(`${member.email} could not be invited: ${JSON.stringify(invited.body)}`)
    const link = String(invited.body.link)
    const accepted = await call('POST', '/v1/invitations/accept', {
      body: { token: tokenOf(link), name: member.name, password: member.password },
    })
    if (accepted.status !== 200 || accepted.cookie === null)
      throw new Error(`${member.email} could not join: ${JSON.stringify(accepted.body)}`)
    await call('POST', '/v1/sign-out', { cookie: accepted.cookie })
  }
  // Whoever signs in next shall see no session but their own.
  await call('POST', '/v1/sign-out', { cookie: set.cookie })
}

export const signInAs = (call: Caller, { email, password }: Account): ReturnType<Caller> =>
  call('POST', '/v1/sign-in', { body: { email, password } })

const tokenOf = (link: string) => link.slice(link.indexOf('#') + 1)
