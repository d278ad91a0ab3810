import type { Identity } from '@custodia/sdk'
import type { FastifyReply } from 'fastify'
import { assetPaths } from './assets.ts'
import type { Markup, Part } from './html.ts'
import { html } from './html.ts'
import { icons } from './icons.ts'

export const may = (identity: Identity, permission: string) => identity.permissions.includes(permission)

/** The frame of every page: who you are, the search, and the content. */
export function page(parts: {
  readonly title: string
  readonly identity: Identity | null
  readonly search?: string
  readonly side?: Part
  readonly main: Part
}): Markup {
  const { title, identity, search = '', side = null, main } = parts
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Inbox</title>
<link rel="icon" href="${assetPaths.icon}">
<link rel="stylesheet" href="${assetPaths.style}">
<script src="${assetPaths.script}" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header class="top">
<a class="brand" href="/" aria-label="Inbox: all mail">${icons.logo}<span>Inbox</span></a>
${
  identity !== null &&
  html`<form class="search" role="search" action="/" method="get">
${icons.search}<input type="search" name="q" value="${search}" maxlength="200" placeholder="Search sender and subject" aria-label="Search sender and subject" autocomplete="off"><kbd aria-hidden="true">/</kbd>
</form>
<div class="person"><span class="avatar ${hueOf(identity.email ?? identity.userId)}" aria-hidden="true">${initialOf(identity.name)}</span><span class="who"><b>${identity.name}</b><small>${may(identity, 'inbox:write') ? 'Can read and label' : 'Can read'}</small></span>
<form action="/.custodia/sign-out" method="post"><button class="quiet" type="submit">Sign out</button></form></div>`
}
</header>
<div class="frame">
${side !== null && html`<nav class="side" aria-label="Mailbox">${side}</nav>`}
<main id="main" tabindex="-1">${main}</main>
</div>
</body>
</html>`
}

export const sendPage = (reply: FastifyReply, markup: Markup) =>
  reply.type('text/html; charset=utf-8').send(markup.text)

/** One of eight colours, always the same for the same text. */
export function hueOf(text: string): string {
  let sum = 0
  for (const character of text.toLowerCase()) sum = (sum * 31 + (character.codePointAt(0) as number)) % 8191
  return `hue${sum % 8}`
}

export function initialOf(name: string): string {
  return (/[\p{L}\p{N}]/u.exec(name)?.[0] ?? '?').toUpperCase()
}
