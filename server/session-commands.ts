import { printableField } from '@custodia/wire/printable.ts'
import type { OrganisationCommand } from './command-line.ts'
import { minute, table } from './command-output.ts'
import { refuse } from './sessions/errors.ts'

/** `custodia sessions …` */
export const sessionCommands: Readonly<Record<string, OrganisationCommand>> = {
  async 'sessions list'(organisation, [email = '']) {
    const items = await organisation.sessions(email)
    const rows = items.map(({ id, createdAt, lastUsedAt, assurance = '-', held, address, device }) => [
      id,
      minute(createdAt),
      minute(lastUsedAt),
      held ? 'held' : assurance,
      address,
      device,
    ])
    const titles = ['SESSION-ID', 'SINCE', 'LAST USED', 'PROVEN', 'ADDRESS', 'DEVICE']
    const nowhere = `${printableField(email)} is signed in nowhere.`
    return { value: { items }, text: rows.length === 0 ? nowhere : table(titles, rows) }
  },

  async 'sessions end'(organisation, [email = '', sessionId = null]) {
    const ended = await organisation.endSessions(email, sessionId)
    if (sessionId !== null && ended === 0) throw refuse('SESSIONS_UNKNOWN')
    return {
      value: { ended },
      text: `${ended} ${ended === 1 ? 'session' : 'sessions'} of ${printableField(email)} ended.`,
    }
  },
}
