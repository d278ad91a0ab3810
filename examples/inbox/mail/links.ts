export type Link = { readonly href: string; readonly host: string }

const anchor = /<a href="([^"]*)" data-host="([^"]*)"/g
const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' }
const plain = (attribute: string) => attribute.replace(/&(?:amp|lt|gt|quot);/g, (entity) => entities[entity] as string)

const maxLinks = 100

/**
 * Where the links of a mail lead, each once, 100 at most.
 *
 * @param safe what `safeHtml` returned: it writes its links in one form only.
 */
export function linksIn(safe: string): Link[] {
  const links = new Map<string, Link>()
  for (const [, address = '', host = ''] of safe.matchAll(anchor)) {
    const href = plain(address)
    if (links.size < maxLinks) links.set(href, { href, host: plain(host) })
  }
  return [...links.values()]
}
