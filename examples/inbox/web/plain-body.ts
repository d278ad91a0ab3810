import { linkTarget } from '../mail/safe-html.ts'
import type { Markup, Part } from './html.ts'
import { html } from './html.ts'

const address = /\bhttps?:\/\/[^\s<>"'`]{1,2000}/gi
const maxShown = 262_144

/** Plain text as it was written, with its links made links and quoted lines set back. */
export function plainBody(text: string): Markup {
  const shown = text.slice(0, maxShown).trimEnd()
  const blocks = groupQuotes(shown.split(/\r?\n/)).map(({ quoted, lines }) =>
    quoted ? html`<span class="quoted">${withLinks(lines.join('\n'))}</span>` : html`${withLinks(lines.join('\n'))}\n`,
  )
  return html`<div class="plain">${blocks}</div>${text.length > maxShown && html`<p class="note">The text is longer. Its source has all of it.</p>`}`
}

function groupQuotes(lines: readonly string[]): { quoted: boolean; lines: string[] }[] {
  const groups: { quoted: boolean; lines: string[] }[] = []
  for (const line of lines) {
    const quoted = line.startsWith('>')
    const last = groups.at(-1)
    if (last?.quoted === quoted) last.lines.push(line)
    else groups.push({ quoted, lines: [line] })
  }
  return groups
}

function withLinks(text: string): Part[] {
  const parts: Part[] = []
  let end = 0
  for (const match of text.matchAll(address)) {
    // A full stop or bracket after an address belongs to the sentence.
    const written = match[0].replace(/[.,;:!?)\]}]{1,20}$/, '')
    const target = linkTarget(written)
    if (target === null) continue
    parts.push(text.slice(end, match.index))
    parts.push(html`<a href="${target.href}" rel="noopener noreferrer" target="_blank">${written}</a>`)
    end = match.index + written.length
  }
  parts.push(text.slice(end))
  return parts
}
