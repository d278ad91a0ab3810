/** The texts of the home page that no other page shows. */
export const homeTexts = {
  next: {
    stronger: 'Codes by text message can be redirected. A passkey or an app can not.',
    cloned: 'Somebody may have a copy of one of your passkeys.',
    'enrol-soon': 'Your organisation asks for a second factor, and you have none yet.',
    enrol: 'A stolen password would open your account: add a second factor.',
    codes: 'A lost phone could lock you out: make recovery codes.',
  },
  before: 'It must be there',
  toSecurity: 'Go to security',
} as const
