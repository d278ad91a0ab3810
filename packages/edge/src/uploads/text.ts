import type { Flag } from './finding.ts'
import { NotTaken } from './finding.ts'
import type { KindName } from './kinds.ts'

// What a browser would take for a page or a drawing (https://mimesniff.spec.whatwg.org/ §7.1), and the drawing itself.
const markup =
  /^\s*(?:<!--[\s\S]{0,10000}?-->\s*)*<(?:!doctype|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p|svg|math|object|embed|meta|link|img|\?xml|\?php|%)/i

/**
 * Reads bytes as text that can't be anything else.
 *
 * @throws NotTaken where it is not UTF-8, has control characters, begins as a page does, or is not the JSON that its name says.
 */
export function lookAtText(bytes: Uint8Array, kind: KindName): readonly Flag[] {
  const text = decode(bytes)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is looked for
  if (/[\x00-\x08\x0b\x0e-\x1f\x7f]/.test(text)) throw new NotTaken('text-malformed')
  if (markup.test(text.slice(0, 20_000))) throw new NotTaken('text-active')
  if (kind === 'json') parseJson(text)
  return kind === 'csv' && hasFormula(text) ? ['formula'] : []
}

/** @throws NotTaken */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new NotTaken('text-malformed')
  }
}

function parseJson(text: string): void {
  try {
    JSON.parse(text)
  } catch {
    throw new NotTaken('content-mismatch')
  }
}

/** A cell that a spreadsheet would run (OWASP CSV Injection). A number with its sign is none. */
const hasFormula = (text: string): boolean =>
  /(?:^|[,;\t\n\r])[ ]*"?[ ]*(?:[=@]|[+-](?![\d.,]+(?:[eE][+-]?\d+)?[ ]*"?(?:[,;\t\n\r]|$)))/.test(text)
