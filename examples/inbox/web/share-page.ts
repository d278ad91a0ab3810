import type { Identity } from '@custodia/sdk'
import type { Share } from '../sharing/share.ts'
import type { Place } from '../store/places.ts'
import { maxFolderName } from '../store/places.ts'
import { fullTime } from './amounts.ts'
import type { Markup } from './html.ts'
import { html } from './html.ts'
import { icons } from './icons.ts'
import { page } from './page.ts'
import { placeName } from './place-name.ts'

const relations: Readonly<Record<string, string>> = { owner: 'owns it', editor: 'reads and changes', reader: 'reads' }
const relationNames = { reader: 'Read', editor: 'Read, label and move' }
const kindNames = { user: 'A person, by e-mail address', group: 'A group, by identifier', role: 'A role, by name' }
const kinds: Readonly<Record<string, string>> = { user: 'Person', group: 'Group', role: 'Role' }

/** With whom a mailbox or folder is shared, and the forms that share it and take it back. */
export function sharePage(view: {
  readonly identity: Identity
  readonly place: Place
  readonly shares: readonly Share[]
  /** Why the last try was refused, and what it was, so that nobody types it again. */
  readonly refused: string | null
  readonly wish: Readonly<Record<'kind' | 'who' | 'relation' | 'until', string>> | null
}): Markup {
  const { identity, place, shares, refused, wish } = view
  const title = `Share: ${placeName(place, identity)}`
  const main = html`<article class="share">
<p class="tools"><a class="quiet" id="back" href="/?place=${place.id}">${icons.back}${placeName(place, identity)}</a></p>
<h1>${title}</h1>
<p class="note">${place.mailboxId === null ? 'Whoever has the mailbox has every folder in it, too.' : 'Whoever has the mailbox that this folder is in has the folder, too.'} What you may give, Custodia decides.</p>
${refused !== null && html`<p class="refused" role="alert">${icons.warning}<span>${refused}</span></p>`}
<section class="block"><h2>Who has it</h2>${
    shares.length === 0
      ? html`<p class="note">Nobody but those who have the mailbox.</p>`
      : html`<ul class="shares">${shares.map((share) => row(share, place))}</ul>`
  }</section>
<section class="block"><h2>Share with</h2>
<form class="fields" method="post" action="/places/${place.id}/shares">
<label>Kind<select name="kind">${options(kindNames, wish?.kind)}</select></label>
<label>Who<input name="who" value="${wish?.who ?? ''}" required maxlength="320" autocomplete="off" spellcheck="false"></label>
<label>What they may<select name="relation">${options(relationNames, wish?.relation)}</select></label>
<label>Until, in UTC (for good where it is empty)<input type="datetime-local" name="until" value="${wish?.until ?? ''}"></label>
<button class="button">Share</button>
</form></section>
${
  place.mailboxId === null &&
  html`<section class="block"><h2>A new folder</h2>
<form class="fields" method="post" action="/places/${place.id}/folders"><label>Name of the folder<input name="name" required maxlength="${maxFolderName}" autocomplete="off"></label><button class="button">Make folder</button></form></section>`
}
</article>`
  return page({ title, identity, main })
}

function row({ relation, kind, id, name, until }: Share, place: Place): Markup {
  const text = relations[relation] ?? relation
  const takeBack = html`<form method="post" action="/places/${place.id}/shares/remove"><input type="hidden" name="relation" value="${relation}"><input type="hidden" name="kind" value="${kind}"><input type="hidden" name="id" value="${id}"><button class="button small" aria-label="Take back from ${name}">Take back</button></form>`
  return html`<li><span><b><bdi>${name}</bdi></b><small>${kinds[kind] ?? kind} · ${text}${until !== null && html` · until ${fullTime(Date.parse(until))}`}</small></span>${relation !== 'owner' && takeBack}</li>`
}

const options = (names: Readonly<Record<string, string>>, chosen: string | undefined) =>
  Object.entries(names).map(
    ([value, name]) => html`<option value="${value}"${value === chosen && html` selected`}>${name}</option>`,
  )
