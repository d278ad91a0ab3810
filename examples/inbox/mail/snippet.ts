import type { ParsedMessage } from './parse-message.ts'
import { plainText } from './plain-text.ts'

const maxCharacters = 180

/** The first words of a message for the list: of its text, else of what its HTML says. No line breaks, no quotes. */
export function snippetOf({ text, html }: Pick<ParsedMessage, 'text' | 'html'>): string {
  const written = text === null || text.trim() === '' ? plainText((html ?? '').slice(0, 65_536)) : text
  const words = written
    .slice(0, 16_384)
    .split('\n')
    .filter((line) => !line.startsWith('>'))
    .join(' ')
    .replace(/[\s\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
  const characters = [...words]
  return characters.length <= maxCharacters
    ? words
    : `${characters
        .slice(0, maxCharacters - 1)
        .join('')
        .trimEnd()}…`
}
