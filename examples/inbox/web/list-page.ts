import type { Identity } from '@custodia/sdk'
import type { Label } from '../store/labels.ts'
import type { ListedMessage } from '../store/list-messages.ts'
import type { Place } from '../store/places.ts'
import { plural, shortTime } from './amounts.ts'
import type { Markup } from './html.ts'
import { html } from './html.ts'
import { icons } from './icons.ts'
import { hueOf, initialOf, page } from './page.ts'
import { placeName } from './place-name.ts'
import { side } from './side.ts'

/** The name of a sender without the address, where there is a name. */
export const nameOf = (from: string) => from.replace(/\s*<[^<>]*>$/, '').trim() || from

export function listPage(view: {
  readonly identity: Identity
  readonly labels: readonly Label[]
  readonly label: Label | null
  readonly places: readonly Place[]
  /** The mailbox or folder that is shown alone. */
  readonly place: Place | null
  /** Whether they may share it. */
  readonly shareable: boolean
  readonly search: string
  readonly items: readonly ListedMessage[]
  readonly next: string | null
  readonly first: boolean
  readonly nowMs: number
}): Markup {
  const { identity, labels, label, places, place, search, items, next } = view
  const title =
    search === '' ? (label?.name ?? (place === null ? 'All mail' : placeName(place, identity))) : `“${search}”`
  const unread = items.filter((item) => item.unread).length
  const names = new Map(labels.map((one) => [one.id, one.name]))
  const within = place === null ? {} : { place: place.id }
  const here = { ...within, ...(label === null ? {} : { label: label.id }), ...(search === '' ? {} : { q: search }) }
  const address = (more: Record<string, string>) => `/?${new URLSearchParams({ ...here, ...more })}`
  const share =
    place !== null && view.shareable && html`<a class="button" href="/places/${place.id}">${icons.people}Share</a>`
  const main = html`<div class="heading"><h1>${title}</h1>${share}<p>${summary(view, unread)}</p></div>
${items.length === 0 ? emptyList(view) : html`<ol class="list">${items.map((item) => row(item, names, view.nowMs))}</ol>`}
${
  (next !== null || !view.first) &&
  html`<nav class="pages" aria-label="Pages">${!view.first && html`<a class="button" href="${address({})}">Newest</a>`}${next !== null && html`<a class="button" rel="next" href="${address({ after: next })}">Older</a>`}</nav>`
}`
  return page({
    title,
    identity,
    search,
    side: side({ identity, labels, places, current: label?.id ?? place?.id ?? 'all' }),
    main,
  })
}

function summary({ items, search, label }: Parameters<typeof listPage>[0], unread: number): string {
  if (search !== '')
    return `Senders and subjects with ${label === null ? 'these words' : `these words, in ${label.name}`}`
  if (items.length === 0) return 'Nothing yet'
  return unread === 0 ? 'You have read everything here' : `${plural(unread, 'message')} on this page you have not read`
}

function emptyList({ search, next, place }: Parameters<typeof listPage>[0]): Markup {
  if (search === '' && place !== null)
    return html`<section class="empty">${icons.inbox}<h2>Nothing is in here</h2><p>Open a message, and move it here.</p></section>`
  if (search === '')
    return html`<section class="empty">${icons.inbox}<h2>No mail yet</h2><p>What others share with you stands here. Messages come in by the import: <code>node examples/inbox/import.ts FOLDER</code></p></section>`
  return html`<section class="empty">${icons.search}<h2>${next === null ? 'No message found' : 'None on this page'}</h2><p>Whole words of senders and subjects are found. The text of messages is sealed and not searched.</p><p><a class="button" href="/">All mail</a></p></section>`
}

function row(item: ListedMessage, names: ReadonlyMap<string, string>, nowMs: number): Markup {
  const sender = nameOf(item.from) || 'No sender'
  const subject = item.damaged
    ? 'This message was changed in the store and does not open'
    : item.subject || 'No subject'
  return html`<li class="${item.unread ? 'unread' : 'read'}${item.damaged && ' damaged'}">
<span class="avatar ${hueOf(item.from)}" aria-hidden="true">${initialOf(sender)}</span>
<a class="row" href="/messages/${item.id}">
<span class="from"><bdi>${sender}</bdi>${item.unread && html`<span class="hidden">, not read</span>`}</span>
<span class="subject"><bdi>${subject}</bdi></span>
<span class="snippet"><bdi>${item.snippet}</bdi></span>
</a>
<span class="chips">${item.labelIds.map((id) => html`<a class="chip ${hueOf(names.get(id) ?? '')}" href="/?label=${id}">${names.get(id) ?? ''}</a>`)}</span>
<span class="when">${item.attachments > 0 && html`<span title="${plural(item.attachments, 'attachment')}">${icons.clip}<span class="hidden">${plural(item.attachments, 'attachment')}</span></span>`}${shortTime(item.receivedMs, nowMs)}</span>
</li>`
}
