import { refuser } from '../platform/errors.ts'

export const errors = {
  IDENTITY_CREDENTIALS_WRONG: {
    status: 401,
    title: 'The address or the password is wrong.',
    help: 'Check both. An administrator of your organisation can see whether your account is active.',
  },
  IDENTITY_TOO_MANY_TRIES: {
    status: 429,
    title: 'Too many tries from here.',
    help: 'Wait as long as the Retry-After header says; each further try makes it longer.',
  },
  IDENTITY_PROOF_OF_WORK: {
    status: 429,
    title: 'Somebody is guessing passwords, so each try has to be worked for.',
    help: 'Solve the challenge in the reply (ALTCHA, PBKDF2) and send the request again with it as proofOfWork. The sign-in page does.',
  },
  IDENTITY_ATTEMPT_OVER: {
    status: 410,
    title: 'This sign-in is over.',
    help: 'Begin again at the sign-in page. It has ten minutes, and a limited number of tries.',
  },
  IDENTITY_FACTOR_WRONG: {
    status: 401,
    title: 'This proof does not hold.',
    help: 'Try again with a new code, or take another of the ways that are offered.',
  },
  IDENTITY_FACTOR_NOT_ASKED: {
    status: 409,
    title: 'This is not what is asked for.',
    help: 'Ask which ways are open: GET /v1/sign-in while you sign in, GET /v1/me/fresh when you confirm.',
  },
  IDENTITY_ROLE_UNKNOWN: {
    status: 422,
    title: 'There is no such role.',
    help: 'Read the list of roles, and name one of them.',
  },
  IDENTITY_FACTOR_UNKNOWN: {
    status: 404,
    title: 'You have no such factor.',
    help: 'Read the list of your factors again.',
  },
  IDENTITY_FACTORS_FULL: {
    status: 409,
    title: 'You have as many factors of this kind as there may be.',
    help: 'Take one away that you do not use any more.',
  },
  IDENTITY_OFFER_OVER: {
    status: 410,
    title: 'This offer is over.',
    help: 'Begin to set the factor up again. It has ten minutes, and a limited number of tries.',
  },
  IDENTITY_FACTOR_NEEDED: {
    status: 409,
    title: 'Your organisation demands a second factor, and this is your last one.',
    help: 'Enrol another one first.',
  },
  IDENTITY_TEXTS_OFF: {
    status: 409,
    title: 'Codes by text message are not used here.',
    help: 'Enrol a passkey or an authenticator app. Texts need a provider (CUSTODIA_MAIL_TEXTS) and the sign-in policy of the organisation.',
  },
  IDENTITY_PHONE_COUNTRY: {
    status: 422,
    title: 'Text messages are not sent to numbers that begin like this one.',
    help: 'Use another number, a passkey or an authenticator app. CUSTODIA_MAIL_TEXT_PREFIXES lists the beginnings that are allowed.',
  },
  IDENTITY_PHONE_KNOWN: {
    status: 409,
    title: 'You have enrolled this number already.',
    help: 'Use it, or enrol another one.',
  },
  IDENTITY_PASSKEY_INVALID: {
    status: 422,
    title: 'This passkey could not be added.',
    help: 'Begin again: ask for new options, which hold for five minutes and for one passkey.',
  },
  IDENTITY_PASSKEY_TAKEN: {
    status: 409,
    title: 'This passkey was added before.',
    help: 'Sign in with it, or make another one.',
  },
  IDENTITY_PASSKEYS_FULL: {
    status: 409,
    title: 'You have as many passkeys as a person may have.',
    help: 'Take one away that you do not use any more.',
  },
  IDENTITY_AUTHENTICATOR_REFUSED: {
    status: 422,
    title: 'Your organisation does not take this kind of authenticator.',
    help: 'Use one that your organisation gave you, or ask an administrator which kinds are allowed.',
  },
  IDENTITY_BUSY: {
    status: 503,
    title: 'Too many people are signing in at this moment.',
    help: 'Try again when the Retry-After header says.',
  },
  IDENTITY_LINK_INVALID: {
    status: 410,
    title: 'The link does not work any more.',
    help: 'It works once, and for a limited time. Ask whoever sent it for a new one.',
  },
  IDENTITY_EMAIL_INVALID: {
    status: 422,
    title: 'This is not a mail address.',
    help: 'Give an address such as name@example.org.',
  },
  IDENTITY_EMAIL_TAKEN: {
    status: 409,
    title: 'Somebody has this address already.',
    help: 'Use another address, or change the person who has it.',
  },
  IDENTITY_PASSWORD_UNFIT: {
    status: 422,
    title: 'This password is too easy to guess.',
    help: 'Take a longer one that nobody else uses, such as four words that have nothing to do with each other.',
  },
  IDENTITY_USER_UNKNOWN: {
    status: 404,
    title: 'There is no such person in your organisation.',
    help: 'Read the list of people again.',
  },
  IDENTITY_USER_NOT_ACTIVE: {
    status: 409,
    title: 'This person may not sign in at present.',
    help: 'Enable them where they are disabled; invite them again where they have not accepted yet.',
  },
  IDENTITY_NOT_YOURS_TO_CHANGE: {
    status: 403,
    title: 'This person may do something that you may not.',
    help: 'Ask somebody with at least the same permissions to make the change.',
  },
  IDENTITY_RECOVERY_UNDER_WAY: {
    status: 409,
    title: 'A recovery of this person is under way already.',
    help: 'Let another administrator approve it, or stop it and ask anew.',
  },
  IDENTITY_RECOVERY_UNKNOWN: {
    status: 404,
    title: 'There is no such recovery under way.',
    help: 'Ask for it first. It ends when it is cancelled, stopped, or a week old without a second administrator.',
  },
  IDENTITY_RECOVERY_BY_ANOTHER: {
    status: 403,
    title: 'Somebody else must do this.',
    help: 'One administrator asks for a recovery and another one approves it, neither of them for themselves.',
  },
  IDENTITY_RECOVERY_BY_PEOPLE: {
    status: 403,
    title: 'Only people can grant a recovery.',
    help: 'Sign in as an administrator; a key speaks for nobody in particular.',
  },
  IDENTITY_RECOVERY_NO_MAIL: {
    status: 409,
    title: 'This installation sends no mail, so nobody would get the link.',
    help: 'Set CUSTODIA_MAIL_SMTP_URL first.',
  },
  IDENTITY_LOGO_UNFIT: {
    status: 422,
    title: 'This picture can’t be a logo.',
    help: 'Take one PNG, JPEG or WebP picture that does not move, of up to 512 by 512 pixels and 64 KiB.',
  },
  IDENTITY_LOGO_UNKNOWN: {
    status: 404,
    title: 'There is no such logo.',
    help: 'Read the theme again: another picture has another address.',
  },
  IDENTITY_LAST_ADMINISTRATOR: {
    status: 409,
    title: 'Nobody who can sign in would be left to administer the organisation.',
    help: 'Make somebody else administrator first.',
  },
} as const

export const refuse = refuser(errors)
