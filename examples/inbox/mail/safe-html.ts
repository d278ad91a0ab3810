import sanitizeHtml from 'sanitize-html'

/** Longer ones only serve to keep the parser of styles busy. */
const maxStyleCharacters = 4096
const maxPictureCharacters = 3 * 1024 * 1024

// No backslash, semicolon or at-sign, and no function that loads, computes or reads, on whichever line: what is left is sizes, colours
// and words.
const plainValue =
  /^(?!.*(?:url|image|image-set|expression|attr|var|env|calc|src|format)\s*\()[-#%.,\w\s()'"]{1,160}$/is

const styled = [
  ...['color', 'background-color', 'font', 'font-size', 'font-family', 'font-style', 'font-weight', 'line-height'],
  ...['letter-spacing', 'text-align', 'text-decoration', 'text-transform', 'vertical-align', 'white-space'],
  ...['width', 'max-width', 'min-width', 'height', 'border-collapse', 'border-spacing', 'border-radius'],
  ...['margin', 'padding', 'border'].flatMap((box) => [
    box,
    ...['top', 'right', 'bottom', 'left'].map((side) => `${box}-${side}`),
  ]),
]

const allowedTags = [
  ...['a', 'abbr', 'address', 'article', 'b', 'bdi', 'bdo', 'big', 'blockquote', 'br', 'caption', 'center', 'cite'],
  ...['code', 'col', 'colgroup', 'dd', 'del', 'div', 'dl', 'dt', 'em', 'figcaption', 'figure', 'font', 'footer'],
  ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'header', 'hr', 'i', 'img', 'ins', 'kbd', 'li', 'main', 'mark', 'ol', 'p'],
  ...['pre', 'q', 's', 'samp', 'section', 'small', 'span', 'strike', 'strong', 'sub', 'sup', 'table', 'tbody', 'td'],
  ...['tfoot', 'th', 'thead', 'tr', 'u', 'ul', 'wbr'],
]

const cellAttributes = ['align', 'valign', 'width', 'height', 'bgcolor', 'colspan', 'rowspan']

/**
 * The HTML of a mail with everything taken out that runs, loads, sends or pretends.
 *
 * @param html at most what `showable` lets through.
 * @param pictures `data:` addresses of the message's own pictures by content id.
 */
export function safeHtml(html: string, pictures: ReadonlyMap<string, string>): string {
  return sanitizeHtml(html, {
    allowedTags,
    allowedAttributes: {
      '*': ['style', 'dir', 'lang', 'align', 'title'],
      a: ['href', 'rel', 'target', 'data-host'],
      img: ['src', 'alt', 'width', 'height'],
      font: ['color', 'size'],
      ol: ['start', 'type'],
      table: ['width', 'cellpadding', 'cellspacing', 'border', 'bgcolor'],
      tr: ['bgcolor', 'valign'],
      td: cellAttributes,
      th: cellAttributes,
    },
    allowedClasses: { span: ['picture'] },
    allowedStyles: { '*': Object.fromEntries(styled.map((property) => [property, [plainValue]])) },
    allowedSchemes: ['http', 'https', 'mailto', 'tel'],
    allowedSchemesByTag: { img: ['data'] },
    allowedSchemesAppliedToAttributes: ['href', 'src'],
    allowProtocolRelative: false,
    nestingLimit: 100,
    nonTextTags: [
      'script',
      'style',
      'textarea',
      'option',
      'noscript',
      'title',
      'template',
      'svg',
      'math',
      'object',
      'noembed',
      'noframes',
      'xmp',
    ],
    transformTags: {
      '*': (tagName, { style = '', ...attribs }) => ({
        tagName,
        attribs: style === '' || style.length > maxStyleCharacters ? attribs : { ...attribs, style },
      }),
      a: (tagName, { href, title, style }) => ({ tagName, attribs: { ...link(href), ...present({ title, style }) } }),
      img: (_, attribs) => picture(attribs, pictures),
    },
  })
}

const present = (attribs: Record<string, string | undefined>) =>
  Object.fromEntries(Object.entries(attribs).filter(([, value]) => value !== undefined)) as Record<string, string>

/** Where a link really leads stands beside it (the page's style sheet prints `data-host`), whatever its text says. */
function link(href: string | undefined): Record<string, string> {
  const target = href === undefined ? null : linkTarget(href)
  if (target === null) return {}
  return { href: target.href, 'data-host': target.host, rel: 'noopener noreferrer', target: '_blank' }
}

/**
 * Where an address in a mail leads.
 *
 * @returns null for everything but http, https and mailto. `host` is in its ASCII form, so that look-alike letters show.
 */
export function linkTarget(address: string): { href: string; host: string } | null {
  const url = URL.parse(address.trim())
  if (url === null || address.length > 4096) return null
  if (url.protocol === 'mailto:') return { href: url.href, host: url.pathname.split('@').at(-1) ?? '' }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return null
  // Names before an @ only ever serve to look like a host.
  url.username = ''
  url.password = ''
  return { href: url.href, host: url.host }
}

const embedded = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]*$/

function picture(attribs: Record<string, string>, pictures: ReadonlyMap<string, string>): sanitizeHtml.Tag {
  const { src = '', alt = '', width, height, style } = attribs
  const own = src.toLowerCase().startsWith('cid:') ? pictures.get(contentIdOf(src)) : src
  if (own !== undefined && own.length <= maxPictureCharacters && embedded.test(own))
    return { tagName: 'img', attribs: { src: own, alt, ...present({ width, height, style }) } }
  // A dot that nobody can see only tells the sender that the mail was opened.
  const dot = [width, height].some((length) => length !== undefined && Number.parseInt(length, 10) <= 3)
  if (dot) return { tagName: 'wbr', attribs: {} }
  const described = alt.trim() === '' ? '' : `: ${alt.trim().slice(0, 200)}`
  return { tagName: 'span', attribs: { class: 'picture' }, text: `Picture not loaded${described}` }
}

/** RFC 2392 §2: the address is the content id, percent-encoded. */
function contentIdOf(src: string): string {
  try {
    return decodeURIComponent(src.slice(4))
  } catch {
    return src.slice(4)
  }
}

/** The content ids that HTML refers to. */
export function referredContentIds(html: string): ReadonlySet<string> {
  return new Set([...html.matchAll(/\bcid:[^\s"'<>)]{1,512}/gi)].map(([address]) => contentIdOf(address)))
}
