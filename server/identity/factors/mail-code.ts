import { mailTo } from '../notices/notify.ts'
import type { Text } from '../notices/texts.ts'
import { countPasskeys } from '../passkeys/store.ts'
import { openPerson } from '../show-user.ts'
import type { Factor } from './factor.ts'
import { phonesForSignIn } from './phone.ts'
import { newSentCode, proveSentCode } from './sent-code.ts'
import { readAuthenticators } from './totp-store.ts'

/**
 * A code by mail, where the organisation allows it: whoever reads the mail can take it over, so it counts as restricted. It is for those
 * who have enrolled nothing. A password is recovered by mail; were its code a way around an authenticator app, a passkey or a phone, the
 * mailbox alone would be enough for the account.
 */
export const mailCode: Factor = {
  kind: 'mail-code',
  amr: 'mail',
  strength: 'restricted',

  async way(parts, person, policy) {
    if (!policy.mailCodes || !parts.mail.deliverable) return null
    const { queries } = parts.context.database
    if ((await countPasskeys(queries, person.id)) > 0) return null
    if ((await readAuthenticators(queries, person.id)).length > 0) return null
    if ((await phonesForSignIn(parts, person, policy)).length > 0) return null
    return maskAddress((await openPerson(parts, person)).email)
  },

  async challenge(parts, context) {
    const { person } = context
    const { email } = await openPerson(parts, person)
    await parts.context.database.transaction(async (tx) => {
      const { code, expiresAt } = await newSentCode(parts, tx, 'mail-code', context)
      // Queued, not waited for: how long a mail server takes must not show in the answer.
      await mailTo(parts, tx, person, 'sign-in-code', async ({ organisation }) =>
        codeText(organisation, code, expiresAt),
      )
    })
    return { options: null, sentTo: maskAddress(email) }
  },

  prove: async (parts, context, proof) =>
    proof.factor === 'mail-code' && (await proveSentCode(parts, 'mail-code', context, proof.code)),

  list: async () => [],
}

/** As in `m…@northwind.example`: enough to recognise one's own. */
export function maskAddress(address: string): string {
  const at = address.lastIndexOf('@')
  return `${[...address.slice(0, at)][0] ?? ''}…${address.slice(at)}`
}

/** Nothing in it was typed by a stranger. The code is not in the subject: that stands on locked screens. */
function codeText(organisation: string, code: string, expiresAt: Date): Text {
  const until = `${expiresAt.toISOString().slice(11, 16)} UTC`
  return {
    subject: `${organisation}: your sign-in code`,
    text: [
      `Your code: ${code.slice(0, 4)} ${code.slice(4)}`,
      '',
      `It works once, until ${until}, and only in the browser that asked for it. A later code replaces it.`,
      '',
      'Nobody from your organisation will ask you for it. If you are not signing in at this moment, somebody knows',
      'your password: change it.',
      '',
    ].join('\n'),
  }
}
