import type { Identity } from '@custodia/sdk'
import { plural, sizeText } from './amounts.ts'
import type { Markup } from './html.ts'
import { html } from './html.ts'
import { icons } from './icons.ts'
import { page } from './page.ts'

const maxShownBytes = 262_144

// Characters that are not seen or turn the text around are shown by their number instead.
const unseen = /[\p{Cc}\p{Cf}\u2028\u2029]/gu
const shown = (text: string) =>
  text
    .replaceAll('\r\n', '\n')
    .replace(unseen, (character) =>
      character === '\n' || character === '\t'
        ? character
        : `␣${(character.codePointAt(0) as number).toString(16).padStart(4, '0')}␣`,
    )

/** A message as it came, as text. */
export function sourcePage(view: {
  readonly identity: Identity
  readonly title: string
  readonly raw: Buffer
  readonly back: string
  readonly download: string
}): Markup {
  const { raw } = view
  const cut = raw.length > maxShownBytes
  const lines = shown(raw.subarray(0, maxShownBytes).toString('utf8'))
  const main = html`<article class="message">
<p class="tools"><a class="quiet" id="back" href="${view.back}">${icons.back}Back</a><span class="grow"></span><a class="quiet" href="${view.download}" download>${icons.download}Download</a></p>
<h1><bdi>${view.title || 'No subject'}</bdi></h1>
<p class="note">${plural(raw.length, 'byte')} as they came${cut && `; the first ${sizeText(maxShownBytes)} are shown`}.</p>
<pre class="source" tabindex="0">${lines}</pre>
</article>`
  return page({ title: 'Source', identity: view.identity, main })
}
