import { readFileSync, statSync } from 'node:fs'
import type { Theme, ThemeChange as ThemeChangeType } from '@custodia/wire/http/theme.ts'
import { ThemeChange } from '@custodia/wire/http/theme.ts'
import { printableField } from '@custodia/wire/printable.ts'
import type { OrganisationCommand } from './command-line.ts'
import type { Answer } from './command-output.ts'
import type { OrganisationAdministration } from './identity/administration.ts'
import { compileValidator } from './platform/http/validate.ts'

const none = 'none'
const maxLogoBytes = 65_536
const validate = compileValidator(ThemeChange, 'body')

/** How the value of each part is read, and what it must look like. */
const parts: Readonly<Record<string, { readonly shape: string; readonly read: (value: string) => unknown }>> = {
  name: { shape: 'up to 60 characters that can be seen', read: (value) => value },
  accent: { shape: 'a colour such as #0a7d5c', read: (value) => value.toLowerCase() },
  logo: { shape: 'the path of a PNG, JPEG or WebP of up to 64 KiB', read: readLogo },
}

/** `custodia theme …` */
export const themeCommands: Readonly<Record<string, OrganisationCommand>> = {
  async 'theme set'(organisation, [part = '', value = '']) {
    const known = Object.hasOwn(parts, part) ? parts[part] : undefined
    if (known === undefined) throw new Error(`There is no part “${part}”. Parts: ${Object.keys(parts).join(', ')}.`)
    const change = { [part]: value === none ? null : known.read(value) }
    if (!holds(change)) throw new Error(`${part} is ${known.shape}, or none.`)
    return shown(await organisation.changeTheme(change as ThemeChangeType))
  },
}

function holds(change: unknown): boolean {
  try {
    return validate(change)
  } catch {
    return false
  }
}

/** `custodia theme show` */
export const showTheme = async (organisation: OrganisationAdministration): Promise<Answer> =>
  shown(await organisation.theme())

/** Judged by its content, as one that came by the API is: the type that it says is what its first bytes say. */
function readLogo(path: string): unknown {
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) throw new Error(`There is no file ${printableField(path)}.`)
  if (size > maxLogoBytes)
    throw new Error(`${printableField(path)} has ${size} bytes; a logo has up to ${maxLogoBytes}.`)
  const bytes = readFileSync(path)
  return { type: typeOf(bytes), data: bytes.toString('base64url') }
}

function typeOf(bytes: Buffer): string {
  if (bytes.subarray(0, 4).toString('latin1') === '\x89PNG') return 'image/png'
  if (bytes.subarray(8, 12).toString('latin1') === 'WEBP') return 'image/webp'
  return 'image/jpeg'
}

function shown(theme: Theme): Answer {
  const { name, accent, logo } = theme
  const picture = logo === null ? none : `${logo.width} by ${logo.height} pixels, ${logo.path}`
  const text = `name   ${name === null ? none : printableField(name)}\naccent ${accent ?? none}\nlogo   ${picture}`
  return { value: theme, text }
}
