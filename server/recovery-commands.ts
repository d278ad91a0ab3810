import { printableField } from '@custodia/wire/printable.ts'
import type { OrganisationCommand } from './command-line.ts'
import { minute, table } from './command-output.ts'

/** `custodia recoveries …`: those by two administrators. Asking and agreeing are theirs: in the pages each proves who they are. */
export const recoveryCommands: Readonly<Record<string, OrganisationCommand>> = {
  async 'recoveries list'(organisation) {
    const { items } = await organisation.recoveries()
    const rows = items.map((one) => [
      one.userName ?? '-',
      one.askedByName ?? '-',
      one.approvedByName ?? '-',
      minute(one.readyAt, '-'),
    ])
    const text = items.length === 0 ? 'None is under way.' : table(['FOR', 'ASKED BY', 'AGREED', 'READY'], rows)
    return { value: { items }, text }
  },

  async 'recoveries stop'(organisation, [email = '']) {
    await organisation.stopRecovery(email)
    return { value: { stopped: true }, text: `The recovery of ${printableField(email)} is stopped, and they are told.` }
  },
}
