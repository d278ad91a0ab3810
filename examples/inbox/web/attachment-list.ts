import { heldBack } from '../attachments/words.ts'
import { safeFileName } from '../mail/file-name.ts'
import type { AttachmentRow } from '../store/attachments.ts'
import { mayPreview } from '../store/pictures.ts'
import type { StoredMessage } from '../store/read-message.ts'
import type { AttachmentEntry } from '../store/sealed-fields.ts'
import { plural, sizeText } from './amounts.ts'
import type { Markup } from './html.ts'
import { html } from './html.ts'
import { icons } from './icons.ts'
import { hueOf } from './page.ts'

/** The attachments of a message, each with what became of it. Only what was looked at and scanned is a link. */
export function attachmentList({ id, attachments }: StoredMessage, rows: readonly AttachmentRow[]): Markup | null {
  const shown = attachments.map((entry, number) => ({ entry, number })).filter(({ entry }) => !entry.inline)
  if (shown.length === 0) return null
  const total = shown.reduce((sum, { entry }) => sum + entry.size, 0)
  const known = new Map(rows.map((row) => [row.number, row]))
  const held = shown.map(({ number }) => heldBack(known.get(number)))
  const checking = held.some((one) => one?.kind === 'checking')
  return html`<section class="attachments" aria-labelledby="attachments"><h2 id="attachments">${plural(shown.length, 'attachment')} <small>${sizeText(total)}</small></h2>
<ul>${shown.map(({ entry, number }) => attachment(entry, known.get(number), `/messages/${id}/attachments/${number}`))}</ul>
${checking && html`<p class="note"><a href="/messages/${id}#attachments">Look again</a>: attachments are given out once Custodia has looked at them and scanned them.</p>`}</section>`
}

function attachment(entry: AttachmentEntry, row: AttachmentRow | undefined, address: string): Markup {
  const name = safeFileName(entry.name)
  const ending = /\.([A-Za-z0-9]{1,5})$/.exec(name)?.[1] ?? 'file'
  const held = heldBack(row)
  const kind = html`<span class="kind ${hueOf(ending)}" aria-hidden="true">${ending.toLowerCase()}</span>`
  if (held !== null)
    return html`<li><div class="file held ${held.kind}">${kind}<span class="name"><bdi>${name}</bdi><small>${sizeText(entry.size)}</small><span class="why"><b>${held.title}.</b> ${held.why}</span></span>${held.kind === 'checking' ? null : icons.warning}</div></li>`
  const picture = row !== undefined && mayPreview(entry, row)
  const sign = picture ? html`<img class="thumb" src="${address}/preview" alt="" loading="lazy">` : kind
  return html`<li><a class="file" href="${address}">${sign}<span class="name"><bdi>${name}</bdi><small>${sizeText(entry.size)} · Checked</small>${row?.active === true && html`<span class="why"><b>Take care.</b> It does something when it is opened.</span>`}</span>${icons.download}<span class="hidden">Download</span></a></li>`
}
