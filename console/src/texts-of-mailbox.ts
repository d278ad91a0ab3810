const number = new Intl.NumberFormat('en')

/** The texts of the development mailbox, which the first page does not need. */
export const mailboxTexts = {
  title: 'What would have been sent?',
  answer: (n: number) =>
    n === 0
      ? 'Nothing was sent lately.'
      : n < 100
        ? `${number.format(n)} ${n === 1 ? 'message' : 'messages'}.`
        : 'The newest 100 messages.',
  note: 'For development: this installation keeps its messages here and sends none. The ledger records each look.',
  refresh: 'Look again',
  list: 'Messages',
  to: 'To',
  textTo: 'Text message to',
  none: 'No message yet',
  noneHelp: 'A code, a link or a warning that somebody would get by mail or as a text message appears here.',
} as const
