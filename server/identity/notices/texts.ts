import type { FactorKind } from '@custodia/wire/http/factors.ts'

/** What people are told about their own account. */
export type NoticeKind =
  | 'password-changed'
  | 'recovery-used'
  | 'recovery-code-used'
  | 'factor-enrolled'
  | 'factor-removed'
  | 'unusual-sign-in'
  | 'signed-out-everywhere'
  | 'key-made'
  | 'key-leaked'
  | 'operator-recovery'
  | 'delegated-recovery-begun'
  | 'delegated-recovery-approved'
  | 'delegated-recovery-cancelled'
  | 'delegated-recovery-done'

export type NoticeFacts = {
  /** Which kind of factor it is about. */
  readonly factor?: FactorKind
  /** True where somebody else did it, for their organisation. */
  readonly byAnother?: boolean
  /** True where one session goes on. */
  readonly spared?: boolean
  /** The network address that it came from. */
  readonly address?: string
  /** A phone that was added just now (`fac_…`): it heard of it by the code. */
  readonly newPhone?: string
  /** When the link of a delegated recovery goes out. */
  readonly readyAt?: Date
  /** By which the person cancels a delegated recovery. */
  readonly cancelLink?: string
}

/** Subject and text of one mail. Nothing in it was typed by a stranger: no name, no name of a factor. */
export type Text = { readonly subject: string; readonly text: string }

const factorNames: Readonly<Record<FactorKind, string>> = {
  password: 'a password',
  totp: 'an authenticator app',
  passkey: 'a passkey',
  'recovery-code': 'recovery codes',
  'mail-code': 'codes by mail',
  'sms-code': 'codes by text message',
}

type Words = { readonly subject: string; readonly said: (facts: NoticeFacts) => string }

const factorOf = ({ factor }: NoticeFacts): string => (factor === undefined ? 'a second factor' : factorNames[factor])

const notices: Readonly<Record<NoticeKind, Words>> = {
  'password-changed': {
    subject: 'your password was changed',
    said: () => 'The password of your account was changed. Every other session was signed out.',
  },
  'recovery-used': {
    subject: 'your account was recovered',
    said: () =>
      'A recovery link was used to set a new password for your account. All sessions were signed out. Second factors are as they were.',
  },
  'recovery-code-used': {
    subject: 'a recovery code was used',
    said: () => 'One of your recovery codes was used in place of your second factor. It works no second time.',
  },
  'factor-enrolled': {
    subject: 'a way to sign in was added',
    said: (facts) => `Added to your account: ${factorOf(facts)}.`,
  },
  'factor-removed': {
    subject: 'a way to sign in was removed',
    said: (facts) => `Removed from your account: ${factorOf(facts)}.`,
  },
  'unusual-sign-in': {
    subject: 'an unusual sign-in',
    said: () => 'Somebody signed in to your account in a way that is unlike your earlier sign-ins.',
  },
  'signed-out-everywhere': {
    subject: 'you were signed out everywhere',
    said: ({ byAnother = false, spared = false }) =>
      `${spared ? 'All sessions of your account but one' : 'All sessions of your account'} were signed out${
        byAnother ? ' by an administrator' : ''
      }.`,
  },
  'key-made': {
    subject: 'an API key was made',
    said: () =>
      'A key was made with which programs call in your name, without your password and without your second factor. Your keys are listed in your account, and can be revoked there.',
  },
  'key-leaked': {
    subject: 'an API key of yours was found by others',
    said: () =>
      'Somebody found the secret of a key of yours where others can read it, and reported it. It holds no more. What calls by this key needs a new one; where it was found stands in the ledger of your organisation.',
  },
  'operator-recovery': {
    subject: 'a recovery link was made for your account',
    said: () =>
      'Whoever operates Custodia made a link for your account, to hand it over to you. It sets a new password, once, within half an hour. Second factors are asked for as before.',
  },
  'delegated-recovery-begun': {
    subject: 'an administrator asks to recover your account',
    said: () =>
      'An administrator has asked for a recovery of your account. A second administrator must agree, and a waiting time must pass, before you get a link. The link would set a new password and remove your second factors.',
  },
  'delegated-recovery-approved': {
    subject: 'two administrators agreed to recover your account',
    said: ({ readyAt }) =>
      `A second administrator has agreed to the recovery of your account.${
        readyAt === undefined ? '' : ` You get the link on ${instant(readyAt)} or shortly after.`
      }`,
  },
  'delegated-recovery-cancelled': {
    subject: 'the recovery of your account was cancelled',
    said: () =>
      'The recovery that administrators had asked for was cancelled. Your password and your second factors are as they were.',
  },
  'delegated-recovery-done': {
    subject: 'your account was recovered',
    said: () =>
      'A new password was set by the link that two administrators granted. All sessions were signed out, and the second factors that you had were removed.',
  },
}

export const noticeKinds = Object.keys(notices) as readonly NoticeKind[]

/** Minutes, in UTC, as in `2026-01-31 09:30 UTC`. */
const instant = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`

export type Frame = { readonly organisation: string; readonly at: Date }

/** @param notMe the link by which the person says that it was not them, and until when it works. */
export function noticeText(
  kind: NoticeKind,
  facts: NoticeFacts,
  notMe: { readonly link: string; readonly expiresAt: Date },
  { organisation, at }: Frame,
): Text {
  const { subject, said } = notices[kind]
  const from = facts.address === undefined ? [] : [`From: ${facts.address}`]
  const cancel =
    facts.cancelLink === undefined
      ? []
      : [
          'You did not ask for this, or need it no more? Cancel it here; your account stays as it is:',
          facts.cancelLink,
          '',
        ]
  return {
    subject: `${organisation}: ${subject}`,
    text: lines(
      said(facts),
      '',
      `When: ${instant(at)}`,
      ...from,
      '',
      ...cancel,
      'If this was you, or you expected it, there is nothing to do.',
      '',
      'This was not me: the link below signs your account out everywhere, makes its password useless, and sends you a mail by which you set a new one.',
      notMe.link,
      `It works once, until ${instant(notMe.expiresAt)}.`,
    ),
  }
}

/** Anybody who knows a password brings these about, as often as they like: they are no reason to pay for a text. */
export const mailOnly: ReadonlySet<NoticeKind> = new Set(['unusual-sign-in'])

/** The same in a line, for a text message. Without a link: whoever learns to follow those in texts follows false ones, too. */
export function noticeLine(kind: NoticeKind, facts: NoticeFacts, { organisation, at }: Frame): string {
  const what = facts.factor === undefined ? notices[kind].subject : `${notices[kind].subject} (${factorOf(facts)})`
  return `${organisation}: ${what}, ${instant(at)}. Was it not you? Read the mail about it, or sign in and look at your account.`
}

export function recoveryText({ link, expiresAt }: { link: string; expiresAt: Date }, { organisation }: Frame): Text {
  return {
    subject: `${organisation}: set a new password`,
    text: lines(
      'Somebody, probably you, asked to recover your account. Set a new password here:',
      link,
      '',
      `The link works once, until ${instant(expiresAt)}. A later one replaces it. Your second factor is still asked for.`,
      '',
      'If it was not you, nothing has changed: leave this mail alone. Nobody from your organisation will ask you for the link.',
    ),
  }
}

export function delegatedLinkText(
  { link, expiresAt }: { link: string; expiresAt: Date },
  cancelLink: string,
  { organisation }: Frame,
): Text {
  return {
    subject: `${organisation}: your recovery is ready`,
    text: lines(
      'Two administrators have granted the recovery of your account, and the waiting time is over. Set a new password here; the second factors that you have now are removed at that moment:',
      link,
      '',
      `The link works once, until ${instant(expiresAt)}.`,
      '',
      'You need it no more, or never asked? Cancel it here; your account stays as it is:',
      cancelLink,
    ),
  }
}

const lines = (...all: readonly string[]): string => `${all.join('\n')}\n`
