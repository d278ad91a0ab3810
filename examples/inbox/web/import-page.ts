import type { Identity } from '@custodia/sdk'
import { problems } from '../mail/problem.ts'
import type { ImportRun } from '../store/imports.ts'
import type { Label } from '../store/labels.ts'
import type { Place } from '../store/places.ts'
import type { malformedMessages } from '../store/read-message.ts'
import { fullTime, plural, shortTime, sizeText } from './amounts.ts'
import type { Markup } from './html.ts'
import { html } from './html.ts'
import { icons } from './icons.ts'
import { page } from './page.ts'
import { side } from './side.ts'

export function importPage(view: {
  readonly identity: Identity
  /** None for somebody who may import and not read. */
  readonly labels: readonly Label[]
  readonly places: readonly Place[]
  readonly runs: readonly ImportRun[]
  readonly malformed: Awaited<ReturnType<typeof malformedMessages>>
  readonly nowMs: number
}): Markup {
  const { identity, runs, malformed, nowMs } = view
  const main = html`<div class="heading"><h1>Imports</h1><p>Every message that was found is listed, was there before, or stands below with the reason.</p></div>
<section class="block"><h2>Runs</h2>${
    runs.length === 0
      ? html`<p class="note">Nothing was imported yet. Start with <code>node examples/inbox/import.ts FOLDER</code>.</p>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Runs"><table><thead><tr><th>Started</th><th>State</th><th class="figure">Found</th><th class="figure">New</th><th class="figure">Known</th><th class="figure">Malformed</th><th class="figure">Refused</th></tr></thead><tbody>${runs.map(run)}</tbody></table></div>`
  }</section>
<section class="block"><h2>${malformed.total === 0 ? 'No malformed message' : `${plural(malformed.total, 'malformed message')}, kept as ${malformed.total === 1 ? 'it' : 'they'} came`}</h2>
${malformed.items.length === 0 ? html`<p class="note">${icons.check} Every message could be read.</p>` : html`<ul class="report">${malformed.items.map((item) => malformedRow(item, nowMs))}</ul>`}
${malformed.total > malformed.items.length && html`<p class="note">The newest ${malformed.items.length} are shown.</p>`}</section>`
  return page({
    title: 'Imports',
    identity,
    side: side({ identity, labels: view.labels, places: view.places, current: 'imports' }),
    main,
  })
}

function run({ startedMs, finishedMs, found, added, known, malformed, refused }: ImportRun): Markup {
  const state =
    finishedMs === null
      ? html`<span class="state warn">Not finished</span>`
      : html`<span class="state good">${icons.check}Finished</span>`
  const figures = [found, added, known, malformed, refused]
  return html`<tr><td>${fullTime(startedMs)}</td><td>${state}</td>${figures.map((figure) => html`<td class="figure">${figure.toLocaleString('en')}</td>`)}</tr>`
}

function malformedRow(item: Parameters<typeof importPage>[0]['malformed']['items'][number], nowMs: number): Markup {
  return html`<li><a href="/imports/messages/${item.id}">${icons.warning}<span><b><bdi>${item.origin || 'Unknown origin'}</bdi></b><small>${problems[item.problem]} ${sizeText(item.size)}, imported ${shortTime(item.importedMs, nowMs)}</small></span></a></li>`
}
