import type { Identity } from '@custodia/sdk'
import type { Label } from '../store/labels.ts'
import type { Place } from '../store/places.ts'
import type { Markup } from './html.ts'
import { html } from './html.ts'
import { icons } from './icons.ts'
import { hueOf, may } from './page.ts'
import { inOrder, placeName } from './place-name.ts'

/** All mail, the mailboxes with their folders, the labels, and what else this person may see. */
export function side(parts: {
  readonly identity: Identity
  readonly labels: readonly Label[]
  readonly places: readonly Place[]
  /** The label, mailbox, folder or page that is shown now. */
  readonly current: string
}): Markup {
  const { identity, labels, places, current } = parts
  const mark = (place: string) => (place === current ? html` aria-current="page"` : null)
  return html`<ul>
<li><a href="/"${mark('all')}>${icons.inbox}<span>All mail</span></a></li>
${inOrder(places).map(
  (place) =>
    html`<li${place.mailboxId !== null && html` class="folder"`}><a href="/?place=${place.id}"${mark(place.id)}>${place.mailboxId === null ? icons.inbox : icons.folder}<span>${placeName(place, identity)}</span></a></li>`,
)}
${labels.map(
  (label, at) =>
    html`<li${at === 0 && html` class="apart"`}><a href="/?label=${label.id}"${mark(label.id)}><i class="dot ${hueOf(label.name)}"></i><span>${label.name}</span><small>${label.messages}</small></a></li>`,
)}
${may(identity, 'inbox:import') && html`<li class="apart"><a href="/imports"${mark('imports')}>${icons.tray}<span>Imports</span></a></li>`}
</ul>`
}
