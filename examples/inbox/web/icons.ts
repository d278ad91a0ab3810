import type { Markup } from './html.ts'
import { html } from './html.ts'

const stroke = (path: Markup) =>
  html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">${path}</svg>`

export const icons = {
  logo: html`<svg class="logo" viewBox="0 0 24 24" aria-hidden="true"><rect width="24" height="24" rx="6" fill="currentColor"/><path d="M5.5 8.2 12 13l6.5-4.8M5.5 8h13v8.5h-13z" fill="none" stroke="#fff" stroke-width="1.7" stroke-linejoin="round"/></svg>`,
  search: stroke(html`<circle cx="9" cy="9" r="5.2"/><path d="m13 13 4 4"/>`),
  inbox: stroke(html`<path d="M3 11.5 5 4.5h10l2 7v4H3zM3 11.5h4l1 2h4l1-2h4"/>`),
  tray: stroke(html`<path d="M10 3v9m0 0 3.5-3.5M10 12 6.5 8.5M3.5 14v2.5h13V14"/>`),
  folder: stroke(html`<path d="M3 5.5h5l1.5 2H17v8H3z"/>`),
  people: stroke(
    html`<circle cx="7.5" cy="7" r="2.8"/><path d="M2.5 16c.4-3 2.3-4.5 5-4.5s4.6 1.5 5 4.5M13 5a2.5 2.5 0 0 1 0 4.8M14.5 11.8c1.7.5 2.7 1.9 3 4.2"/>`,
  ),
  clip: stroke(
    html`<path d="m14.5 9-5 5a3 3 0 0 1-4.3-4.3l5.6-5.6a2 2 0 0 1 2.9 2.9L8.2 12.5a1 1 0 0 1-1.4-1.4L11.5 6.4"/>`,
  ),
  back: stroke(html`<path d="M12 4.5 6.5 10l5.5 5.5"/>`),
  download: stroke(html`<path d="M10 3.5v9m0 0 3.2-3.2M10 12.5 6.8 9.3M4 16.5h12"/>`),
  trash: stroke(html`<path d="M4 6h12M8 6V4h4v2m-6.5 0 .7 10h7.6l.7-10"/>`),
  lock: stroke(html`<rect x="4.5" y="9" width="11" height="7.5" rx="1.5"/><path d="M7 9V6.5a3 3 0 0 1 6 0V9"/>`),
  source: stroke(html`<path d="m7 6-4 4 4 4m6-8 4 4-4 4"/>`),
  link: stroke(
    html`<path d="M8.5 11.5a3 3 0 0 0 4.2 0l2.8-2.8a3 3 0 0 0-4.2-4.2l-.8.8m1 3.2a3 3 0 0 0-4.2 0l-2.8 2.8a3 3 0 0 0 4.2 4.2l.8-.8"/>`,
  ),
  warning: stroke(html`<path d="M10 3.5 17.5 16.5h-15zM10 8.5v3.5m0 2.2v.1"/>`),
  check: stroke(html`<path d="m4.5 10.5 3.5 3.5 7.5-8"/>`),
} as const
