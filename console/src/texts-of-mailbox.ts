const number = new Intl.NumberFormat('en')

/** The texts of the development mailbox, which the first page does not need. */
export const mailboxTexts = {
  title: 'What would have been sent?',
  answer: (n: number) =>
    n === 0
      ? 'Nothing was sent lately.'
      : n < 100
        ? `${number.format(n)} ${n === 1 ? 'mail' : 'mails'}.`
        : 'The newest 100 mails.',
  note: 'For development: this installation keeps its mails here and sends none. The ledger records each look.',
  refresh: 'Look again',
  list: 'Mails',
  to: 'To',
  none: 'No mail yet',
  noneHelp: 'A code, a link or a warning that somebody would get by mail appears here.',
} as const
