/** Nothing in a mail can reach these rules: it has no style sheet, class or `!important` of its own left. */
const style = `
:root { color-scheme: light }
body { margin: 0; padding: 20px 24px; background: #fff; color: #1c1e26; font: 15px/1.55 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: anywhere }
img { max-width: 100%; height: auto }
table { max-width: 100% }
a { color: #2747c7 }
a:not([href]) { color: inherit; text-decoration: line-through }
a[data-host]::after { content: " [" attr(data-host) "]"; font: 400 11px/1 ui-monospace, Menlo, Consolas, monospace !important; color: #4a5163 !important; background: #fff !important; letter-spacing: 0; text-transform: none }
blockquote { margin: 0 0 0 4px; padding-left: 14px; border-left: 3px solid #d5d9e3; color: #4a5163 }
pre { white-space: pre-wrap }
.picture { display: inline-block; padding: 6px 10px; border: 1px dashed #b4bac8; border-radius: 6px; color: #4a5163; font-size: 12px }
@media (max-width: 640px) {
  body { padding: 12px }
  table { width: 100% !important }
}
`

/** A page of its own around the HTML that `safeHtml` made. */
export function mailDocument(body: string): string {
  return `<!doctype html><html lang="und"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Message</title><style>${style}</style></head><body>${body}</body></html>`
}
