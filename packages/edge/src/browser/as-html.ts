const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/** For the content of an element, and for attributes in quotes. Parsers drop a NUL in one place and replace it in another: it goes. */
export const asHtml = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll('\u0000', '\ufffd')
    .replace(/[&<>"'`]/g, (one) => entities[one] as string)
