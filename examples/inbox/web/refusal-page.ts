import type { Identity } from '@custodia/sdk'
import { html } from './html.ts'
import { page } from './page.ts'
import type { Refusal } from './refusal.ts'

const explanations: Readonly<Record<number, { title: string; text: string }>> = {
  400: {
    title: 'That could not be understood',
    text: 'A field is missing or not what it should be. Go back and try again.',
  },
  403: {
    title: 'You may not do this',
    text: 'Your role in this organisation does not include it, or what was shared with you is for reading only.',
  },
  404: { title: 'Nothing is here', text: 'It was removed, it is not shared with you, or the address is not complete.' },
  409: {
    title: 'There are as many as there may be',
    text: 'There is room for 100 labels, and for 50 folders in a mailbox.',
  },
  410: {
    title: 'This mailbox was erased',
    text: 'Its keys were destroyed, and with them what was written in it. Nobody can open it again.',
  },
  413: { title: 'That is too large', text: 'A form here holds a few words.' },
  502: {
    title: 'Custodia did not give the keys',
    text: 'The mail is safe but stays sealed. An operator finds the reason in the log of this application.',
  },
  503: {
    title: 'Custodia does not answer',
    text: 'The mail is safe but stays sealed until it does. Try again in a moment.',
  },
}

const ofFiles: Readonly<Record<NonNullable<Refusal['about']>, { title: string; text: string }>> = {
  attachment: {
    title: 'This attachment is held back',
    text: 'It is given out once it was looked at and scanned, and nothing was found. The message says how far it is.',
  },
  original: {
    title: 'The original is held back',
    text: 'It holds attachments that were not looked at yet, or that are held back. Its source can be read as text.',
  },
  'no-host': {
    title: 'Files can not be loaded here',
    text: 'Custodia has no host of its own for them. An operator sets it up, in its section “uploads”.',
  },
}

const unknown = { title: 'Something went wrong', text: 'It is in the log of this application. Try again in a moment.' }

/** @param identity null where nobody was identified. */
export function refusalPage(
  status: number,
  identity: Identity | null | undefined,
  about: Refusal['about'] = null,
): string {
  const { title, text } = (about === null ? explanations[status] : ofFiles[about]) ?? unknown
  const main = html`<section class="empty"><p class="code">${status}</p><h1>${title}</h1><p>${text}</p><p><a class="button" href="/">To the mailbox</a></p></section>`
  return page({ title, identity: identity ?? null, main }).text
}
