import { asHtml } from '@custodia/edge/browser/as-html.ts'

/** Markup that may be sent as it is: what was written by the program, with everything else in it encoded. */
export class Html {
  readonly text: string

  private constructor(text: string) {
    this.text = text
  }

  /** Only `html` makes one: whatever else says so is text. */
  static made(token: typeof maker, text: string): Html {
    if (token !== maker) throw new TypeError('use the tag html`…`')
    return new Html(text)
  }

  toString(): string {
    return this.text
  }
}

const maker = Symbol('html')

/** What may stand in a template: text and numbers are encoded, markup is kept, lists are put together, null and false are nothing. */
export type HtmlValue = string | number | bigint | boolean | null | undefined | Html | readonly HtmlValue[]

/**
 * A template of HTML in which every value is encoded for the place at which it stands (OWASP, context-aware output encoding). It stands as
 * the content of an element, or in the quotes of an attribute; nowhere else is there an encoding that holds.
 *
 * @example html`<a href="${link}" title="${title}">${name}</a>`
 * @throws TypeError where a value stands in a place that can not be made safe: outside of quotes, in a comment, a script or a style, in
 * the name of an element or an attribute, in an attribute that is a program (`onclick`, `style`, `srcdoc`).
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  let out = strings[0] ?? ''
  let read = after(start, out)
  for (const [i, value] of values.entries()) {
    const encoded = encode(value, read)
    const rest = strings[i + 1] ?? ''
    out += encoded + rest
    read = after({ ...read, value: read.value + (encoded === '' ? '' : 'x') }, rest)
  }
  if (read.at !== 'content') throw new TypeError('html: the template ends inside a tag')
  return Html.made(maker, out)
}

/** How far a template was read. */
type Read = {
  readonly at: 'content' | 'tag' | 'name' | 'before-value' | 'quoted' | 'comment' | 'raw'
  readonly element: string
  readonly attribute: string
  readonly quote: string
  /** What stands before, in this attribute. */
  readonly value: string
}
const start: Read = { at: 'content', element: '', attribute: '', quote: '', value: '' }

// Their content is no HTML: no encoding of HTML is undone there.
const rawElements = new Set([
  'script',
  'style',
  'textarea',
  'title',
  'xmp',
  'iframe',
  'noembed',
  'noframes',
  'plaintext',
  'noscript',
])
const addresses = new Set([
  ...[
    'href',
    'src',
    'action',
    'formaction',
    'cite',
    'poster',
    'background',
    'data',
    'longdesc',
    'manifest',
    'ping',
    'icon',
  ],
  ...['xlink:href', 'codebase', 'classid', 'profile', 'usemap'],
])
/** Elements that load programs, or change where others lead. */
const programs = new Set([
  'script',
  'base',
  'object',
  'embed',
  'link',
  'meta',
  'animate',
  'set',
  'applet',
  'iframe',
  'frame',
])
/** What is a program, or a document, to a browser. */
const isProgram = (attribute: string) =>
  attribute.startsWith('on') || ['style', 'srcdoc', 'srcset', 'imagesrcset', 'is', 'http-equiv'].includes(attribute)
const schemes = new Set(['http:', 'https:', 'mailto:', 'tel:'])

/** Reads a piece of the program's own markup, character by character (HTML §13.2.5, as far as it decides where a value stands). */
function after(before: Read, text: string): Read {
  let read = before
  for (let i = 0; i < text.length; i++) {
    const rest = text.slice(i)
    const char = rest[0] as string
    if (read.at === 'content') {
      if (rest.startsWith('<!--')) read = { ...start, at: 'comment' }
      else if (/^<[a-z]/i.test(rest)) {
        const element = (/^<([^\s/>]+)/.exec(rest)?.[1] ?? '').toLowerCase()
        read = { ...start, at: 'tag', element }
        i += element.length
        if (i === text.length - 1) read = { ...read, at: 'name' }
      } else if (/^<[/!?]/.test(rest)) read = { ...start, at: 'tag', element: '/' }
      else if (rest === '<') read = { ...start, at: 'name' }
    } else if (read.at === 'comment') {
      if (rest.startsWith('-->')) read = { ...start, at: 'content' }
    } else if (read.at === 'raw') {
      if (rest.toLowerCase().startsWith(`</${read.element}`)) read = { ...start, at: 'tag', element: '/' }
    } else if (read.at === 'quoted') {
      if (char === read.quote) read = { ...read, at: 'tag', attribute: '', quote: '', value: '' }
      else read = { ...read, value: read.value + char }
    } else if (char === '>') {
      read = {
        ...start,
        at: rawElements.has(read.element) ? 'raw' : 'content',
        element: rawElements.has(read.element) ? read.element : '',
      }
    } else if (read.at === 'before-value') {
      if (char === '"' || char === "'") read = { ...read, at: 'quoted', quote: char, value: '' }
      else if (!/\s/.test(char)) read = { ...read, at: 'name', attribute: '' }
    } else if (char === '=') {
      read = { ...read, at: 'before-value', attribute: read.attribute.toLowerCase() }
    } else if (/[\s/]/.test(char)) {
      if (read.at === 'name') read = { ...read, at: 'tag' }
    } else read = { ...read, at: 'name', attribute: read.at === 'name' ? read.attribute + char : char }
  }
  return read
}

function encode(value: HtmlValue, read: Read): string {
  if (read.at === 'content') return content(value)
  if (read.at !== 'quoted') throw new TypeError(`html: a value can not stand ${places[read.at]}`)
  if (isProgram(read.attribute))
    throw new TypeError(`html: a value can not stand in ${read.attribute}, which is a program`)
  if (programs.has(read.element)) throw new TypeError(`html: a value can not stand in an attribute of ${read.element}`)
  if (value instanceof Html || Array.isArray(value))
    throw new TypeError(`html: markup can not stand in ${read.attribute}`)
  const text = plain(value as Exclude<HtmlValue, Html | readonly HtmlValue[]>)
  if (!addresses.has(read.attribute)) return asHtml(text)
  // Two values, or a value after a few letters, could make a scheme together.
  if (read.value !== '' && !/^(?:https?|mailto|tel):|^[^:]*[/?#]/i.test(read.value))
    throw new TypeError(`html: a value can not go on with an address in ${read.attribute}`)
  return asHtml(read.value === '' ? address(text) : text)
}

const places: Readonly<Record<Exclude<Read['at'], 'content' | 'quoted'>, string>> = {
  tag: 'between attributes',
  name: 'in a name or outside of quotes',
  'before-value': 'outside of quotes',
  comment: 'in a comment',
  raw: 'in a script, a style or what else is no HTML',
}

function content(value: HtmlValue): string {
  if (value instanceof Html) return value.text
  if (Array.isArray(value)) return value.map(content).join('')
  return asHtml(plain(value as Exclude<HtmlValue, Html | readonly HtmlValue[]>))
}

const plain = (value: string | number | bigint | boolean | null | undefined): string =>
  value === null || value === undefined || value === false ? '' : String(value)

/** An address as a browser reads it: only what leads to a page, a mail or a call. Anything else leads nowhere. */
function address(text: string): string {
  // URL parsers drop these in the middle of a scheme (WHATWG URL §4.4).
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what they drop
  const read = text.replace(/[\u0009\u000a\u000d]/g, '').replace(/^[\u0000-\u0020]+/, '')
  const scheme = /^([a-z][a-z0-9+.-]*:)/i.exec(read)?.[1]?.toLowerCase()
  if (scheme !== undefined) return schemes.has(scheme) ? read : 'about:invalid'
  // What comes before a colon without being a scheme is for no two readers the same.
  return /^[^/?#]*:/.test(read) ? 'about:invalid' : read
}
