import { urlOf } from '../../platform/config/addresses.ts'
import { setting } from '../../platform/config/setting.ts'
import { checkPrefix } from './prefixes.ts'

const maxFields = 20

export const textSettings = {
  texts: setting.oneOf({
    description:
      'Whether text messages are sent: not at all, by a provider that takes an HTTPS POST (`textUrl`), or to the development mailbox where administrators read them.',
    values: ['off', 'http', 'development'],
    example: 'http',
    default: 'off',
  }),
  textPrefixes: setting.texts({
    description:
      'The beginnings of the numbers that may be written to; the longest that fits decides, and one with ! before it is an exception. None is nobody: whoever makes an installation send texts to numbers that cost much may earn by it.',
    shape: 'a list of + and digits, as in +49, or !+49137 for an exception',
    example: '+49,+43,!+49137',
    default: [],
    max: 500,
    check: checkPrefix,
  }),
  textUrl: setting.optionalCheckedText({
    description: 'Where the provider of text messages takes them.',
    shape: 'https:// with a host',
    example: 'https://texts.example.org/v1/messages',
    secret: true,
    check: textUrl,
  }),
  textPrivate: setting.flag({
    description: 'Whether `textUrl` may lie on a private network or on this machine.',
    example: 'true',
    default: false,
  }),
  textHeader: setting.text({
    description: 'The header in which the provider wants `textSecret`.',
    shape: 'the name of a header',
    example: 'x-api-key',
    default: 'authorization',
    pattern: /^[a-z][a-z0-9-]{0,63}$/i,
  }),
  textSecret: setting.optionalCheckedText({
    description: 'The whole value of that header.',
    shape: '1 to 4,096 visible characters and spaces',
    example: 'Bearer secret',
    secret: true,
    check: headerValue,
  }),
  textEncoding: setting.oneOf({
    description: 'How the provider wants the fields of a message.',
    values: ['json', 'form'],
    example: 'form',
    default: 'json',
  }),
  textFields: setting.structure<Readonly<Record<string, string>>>({
    description:
      'The fields of a message as the provider names them. {to} stands for the number with its plus sign, {digits} for the number without, {text} for the text; anything else stays as it is, as a sender’s name.',
    shape: `a mapping of up to ${maxFields} names to texts, with {text} and either {to} or {digits} among them`,
    example: '{"To":"{to}","From":"Northwind","Body":"{text}"}',
    default: { to: '{to}', text: '{text}' },
    check: checkFields,
  }),
  maxTextsPerHour: setting.number({
    description:
      'How many text messages one person gets within an hour, and one number, whoever’s it is; twice as many within a day. More are not sent.',
    example: '5',
    default: 10,
    min: 1,
    max: 100,
    unit: 'texts',
  }),
  maxTextsPerNetwork: setting.number({
    description: 'How many text messages may be asked for from one network within an hour.',
    example: '20',
    default: 60,
    min: 1,
    max: 100_000,
    unit: 'texts',
  }),
  maxTextsPerDay: setting.number({
    description:
      'How many text messages an organisation sends within a day, three quarters of them of one kind at most.',
    example: '5000',
    default: 500,
    min: 1,
    max: 10_000_000,
    unit: 'texts',
  }),
}

function textUrl(text: string): string {
  const checked = urlOf('https:')(text)
  const { username, password, hash } = new URL(checked)
  if (username !== '' || password !== '') throw new Error('it carries a name or a password: those belong in textSecret')
  if (hash !== '') throw new Error('it has a fragment')
  return checked
}

/** RFC 9110 §5.5. A line end would begin another header. */
function headerValue(text: string): string {
  if (!/^[\x21-\x7e](?:[\x20-\x7e]{0,4094}[\x21-\x7e])?$/.test(text))
    throw new Error('it is not one line of visible characters')
  return text
}

function checkFields(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is not a mapping')
  const entries = Object.entries(value)
  if (entries.length > maxFields) throw new Error(`it has more than ${maxFields} fields`)
  for (const [name, text] of entries)
    if (!/^[\w.-]{1,64}$/.test(name) || typeof text !== 'string' || text.length > 500)
      throw new Error(`a field is not a name with a text of up to 500 characters`)
  const all = entries.map(([, text]) => text).join(' ')
  if (!all.includes('{text}') || !/\{(?:to|digits)\}/.test(all))
    throw new Error('it says neither where the text goes nor where the number does')
  return Object.fromEntries(entries)
}
