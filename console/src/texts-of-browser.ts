const number = new Intl.NumberFormat('en')
const times = (n: number) => `${number.format(n)} ${n === 1 ? 'time' : 'times'}`

/** The texts of the page about what browsers refused. */
export const browserTexts = {
  title: 'What did browsers refuse?',
  answer: (n: number) =>
    n === 0 ? 'Nothing was reported.' : `${number.format(n)} different ${n === 1 ? 'report' : 'reports'}.`,
  note: 'Browsers report what the policy of a page kept from them. Addresses are kept without queries and identifiers.',
  refresh: 'Look again',
  learnt: (title: string) => `The policy of ${title}`,
  watching: 'Nothing is held yet: everything runs, and what a strict policy would refuse is reported.',
  live: (version: number) => `Version ${version} is live.`,
  restored: (version: number, from: number) => `Version ${version} is live. It brought version ${from} back.`,
  nothing: 'There is nothing to propose. Use the application for a while, every part of it.',
  propose: 'Allow what is ticked',
  count: times,
  weakens: 'Injected markup could use it too',
  dropTrustedTypes: 'Text may become script (no Trusted Types)',
  unresolved: 'No policy allows these safely: the application has to change.',
  makeLive: 'Make live',
  makeLiveOf: (title: string) => `Make live: ${title}`,
  rollBack: (version: number) => `Back to version ${version}`,
  rollBackOf: (version: number, title: string) => `Back to version ${version}: ${title}`,
  retire: 'Take the policy back',
  retireOf: (title: string) => `Take the policy back: ${title}`,
  list: 'Reports',
  own: 'Custodia',
  none: 'No report yet',
  noneHelp: 'What a browser refuses on a page appears here some seconds later.',
  blocked: (what: string, directive: string) => `${what} by ${directive}`,
  enforced: 'Refused',
  reported: 'Would be refused',
} as const
