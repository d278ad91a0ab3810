import type { Identity } from '@custodia/sdk'
import type { Link } from '../mail/links.ts'
import type { AttachmentRow } from '../store/attachments.ts'
import type { Label } from '../store/labels.ts'
import { maxLabelName } from '../store/labels.ts'
import type { Place } from '../store/places.ts'
import type { StoredMessage } from '../store/read-message.ts'
import { fullTime, plural } from './amounts.ts'
import { attachmentList } from './attachment-list.ts'
import type { Markup } from './html.ts'
import { html } from './html.ts'
import { icons } from './icons.ts'
import { nameOf } from './list-page.ts'
import { hueOf, initialOf, page } from './page.ts'
import { inOrder, placeName } from './place-name.ts'
import { plainBody } from './plain-body.ts'
import { side } from './side.ts'

export function messagePage(view: {
  readonly message: StoredMessage
  /** Null where the HTML is shown. */
  readonly text: string | null
  readonly links: readonly Link[]
  /** What became of its attachments. */
  readonly files: readonly AttachmentRow[]
  readonly labels: readonly Label[]
  /** What they may see, and of that what they may change. */
  readonly places: readonly Place[]
  readonly writable: readonly Place[]
  readonly identity: Identity
}): Markup {
  const { message, text, links, files, labels, places, writable, identity } = view
  const changeable = writable.some(({ id }) => id === message.placeId)
  const title = message.subject || 'No subject'
  const main = html`<article class="message">
<p class="tools"><a class="quiet" id="back" href="/">${icons.back}All mail</a><span class="grow"></span>${bodySwitch(message, text)}<a class="quiet" href="/messages/${message.id}/source">${icons.source}Source</a></p>
<h1><bdi>${title}</bdi></h1>
${labelBar(message, labels, changeable)}${changeable && moveBar(message, writable, identity)}
${head(message)}
${text === null ? html`<iframe class="mail" src="/messages/${message.id}/body" sandbox="allow-popups" referrerpolicy="no-referrer" title="The message as its sender designed it"></iframe>` : plainBody(text)}
${attachmentList(message, files)}
${linkList(links)}
${changeable && removal(message)}
<details class="more"><summary>${icons.lock}How this message is kept</summary><p>Every field of it is sealed on its own: subject, people, text, attachments and the original. The keys are Custodia’s and belong to <code>mailbox:team</code>; this application holds them for minutes, in memory. Attachments lie at Custodia, which looks at them, scans them, and makes pictures anew. Who may open it, Custodia is asked at each request: by the mailbox or folder that it is in. The store has only ids, the time, sizes and blind indexes in the clear. ${text === null && 'The message is shown in a frame of its own that runs no script and loads nothing from elsewhere.'}</p></details>
</article>`
  return page({ title, identity, side: side({ identity, labels, places, current: message.placeId }), main })
}

function bodySwitch(message: StoredMessage, text: string | null): Markup | null {
  if (!message.hasHtml) return null
  const address = `/messages/${message.id}`
  return text === null
    ? html`<a class="quiet" href="${address}?view=text">As text</a>`
    : html`<a class="quiet" href="${address}">As designed</a>`
}

function head({ from, to, cc, receivedMs, date }: StoredMessage): Markup {
  const sender = nameOf(from) || 'No sender'
  const address = /<([^<>]*)>$/.exec(from)?.[1] ?? ''
  return html`<div class="head"><span class="avatar large ${hueOf(from)}" aria-hidden="true">${initialOf(sender)}</span>
<div><p class="sender"><b><bdi>${sender}</bdi></b> <bdi class="address">${address}</bdi></p>
<p class="people">to <bdi>${to || 'nobody named'}</bdi>${cc !== '' && html`, copy to <bdi>${cc}</bdi>`}</p></div>
<p class="when" title="${date}">${fullTime(receivedMs)}</p></div>`
}

function labelBar({ id, labelIds }: StoredMessage, labels: readonly Label[], writable: boolean): Markup | null {
  const on = labels.filter((label) => labelIds.includes(label.id))
  if (on.length === 0 && !writable) return null
  return html`<div class="labels">${on.map((label) =>
    writable
      ? html`<form class="chip ${hueOf(label.name)}" method="post" action="/messages/${id}/labels/remove"><a href="/?label=${label.id}">${label.name}</a><button name="label" value="${label.id}" aria-label="Take off ${label.name}" title="Take off">×</button></form>`
      : html`<a class="chip ${hueOf(label.name)}" href="/?label=${label.id}">${label.name}</a>`,
  )}${
    writable &&
    html`<form class="add" method="post" action="/messages/${id}/labels"><input name="name" list="labels" required maxlength="${maxLabelName}" placeholder="Add a label" aria-label="Add a label" autocomplete="off"><datalist id="labels">${labels.filter((label) => !labelIds.includes(label.id)).map((label) => html`<option value="${label.name}">`)}</datalist><button class="button small">Add</button></form>`
  }</div>`
}

function moveBar({ id, placeId }: StoredMessage, writable: readonly Place[], identity: Identity): Markup | null {
  if (writable.length < 2) return null
  const options = inOrder(writable).map(
    (place) =>
      html`<option value="${place.id}"${place.id === placeId && html` selected`}>${place.mailboxId === null ? null : '– '}${placeName(place, identity)}</option>`,
  )
  return html`<form class="move" method="post" action="/messages/${id}/place"><label>In <select name="place">${options}</select></label><button class="button small">Move</button></form>`
}

function removal({ id, attachments }: StoredMessage): Markup {
  return html`<details class="more"><summary>${icons.trash}Remove this message</summary><form class="remove" method="post" action="/messages/${id}/remove"><p>It goes for everybody who sees it${attachments.length > 0 && ', with its attachments'}, and can not be brought back.</p><button class="button">Remove for good</button></form></details>`
}

function linkList(links: readonly Link[]): Markup | null {
  if (links.length === 0) return null
  return html`<details class="more"><summary>${icons.link}${plural(links.length, 'link')}, and where they lead</summary><ul>${links.map(
    ({ href, host }) =>
      html`<li><b>${host}</b> <a href="${href}" rel="noopener noreferrer" target="_blank">${href}</a></li>`,
  )}</ul></details>`
}
