import { urlOf } from '../../platform/config/addresses.ts'
import { setting } from '../../platform/config/setting.ts'

/** What an operator decides about passwords. */
export const passwordSettings = {
  minPasswordLength: setting.number({
    description:
      'How long a new password must be at least. Below 15 it counts only where the organisation demands a second factor of everybody: NIST SP 800-63B-4 asks for 15 where a password is the only one.',
    example: '20',
    default: 15,
    min: 8,
    max: 64,
    unit: 'characters',
  }),
  breachedFilter: setting.optionalText({
    description:
      'A list of breached passwords beside the one that comes with the server, as `custodia passwords build-filter` makes it.',
    shape: 'a path of 1 to 4096 characters',
    pattern: /^[^\0]{1,4096}$/,
    example: '/etc/custodia/breached.filter',
  }),
  breachRangeUrl: setting.optionalCheckedText({
    description:
      'A service with the range protocol of Have I Been Pwned. It is asked about each new password by 5 of the 40 digits of a hash. Without it nobody is asked.',
    shape: 'a URL that begins with https://',
    example: 'https://api.pwnedpasswords.com/range',
    check: rangeUrl,
  }),
  breachRangePrivate: setting.flag({
    description: 'Whether `breachRangeUrl` may lie on a private network or on this machine.',
    example: 'true',
    default: false,
  }),
}

function rangeUrl(text: string): string {
  const checked = urlOf('https:')(text)
  const { username, password, search, hash } = new URL(checked)
  if (username !== '' || password !== '') throw new Error('it carries a name or a password')
  if (search !== '' || hash !== '') throw new Error('it ends before any “?” or “#”')
  return checked
}
