import sanitizeHtml from 'sanitize-html'
import { withinLimits } from './html-limits.ts'

const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' }
const breaks = /<(?:br|\/p|\/div|\/tr|\/h[1-6]|\/li)\b[^>]{0,200}>/gi

/** What HTML says, as text, of as much as is within limits: no markup, scripts, styles or titles; a line for each block. */
export function plainText(html: string): string {
  const text = sanitizeHtml(withinLimits(html).replace(breaks, '\n$&'), {
    allowedTags: [],
    allowedAttributes: {},
    nonTextTags: ['script', 'style', 'textarea', 'option', 'noscript', 'title', 'template'],
  })
  // The sanitiser writes exactly these four.
  return text.replace(/&(?:amp|lt|gt|quot);/g, (entity) => entities[entity] as string)
}
