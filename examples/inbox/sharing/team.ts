import type { Custodia } from '@custodia/sdk'
import type { Mailbox } from '../store/mailbox.ts'
import { isSettled, settle, teamPlace } from '../store/places.ts'

export type TeamShare = { readonly relation: string; readonly type: string; readonly id: string }

/**
 * Says once who has the team's mailbox at first. From then on it is shared and taken back like any other: a second start changes nothing.
 */
export async function shareTeam(
  { access }: Pick<Custodia, 'access'>,
  mailbox: Mailbox,
  shares: readonly TeamShare[],
): Promise<void> {
  if (shares.length === 0 || isSettled(mailbox, teamPlace)) return
  const resource = { type: 'inbox:mailbox', id: teamPlace }
  await access.writeRelations({ add: shares.map(({ relation, ...subject }) => ({ resource, relation, subject })) })
  settle(mailbox, teamPlace)
}
