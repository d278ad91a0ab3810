/** The texts of a recovery that two administrators grant. */
export const recoveryTexts = {
  list: 'Recoveries under way',
  listNote:
    'Two administrators let somebody in again who has lost their factors. Each step is told to the person, who can cancel.',
  section: 'Lost factors',
  sectionNote:
    'Whoever has lost their phone, their keys and their recovery codes is let in again by two administrators.',
  gone: 'somebody who is gone',
  ask: 'Ask for a recovery',
  askTitle: (name: string) => `Recover the account of ${name}?`,
  askWhat: (name: string) =>
    `Talk to ${name} first, by a way that you know, and not by one that the request came with.`,
  askNext:
    'Nothing changes yet: a second administrator has to agree, and then a waiting time passes. They are told of each step, and can cancel.',
  asked: (by: string) => `${by} asked for it`,
  needsAnother: 'Another administrator has to agree: it can’t be the one who asked.',
  needsYou: 'It waits for a second administrator, as you may be.',
  untilApproved: 'It comes to nothing',
  approve: 'Agree',
  approveLabel: (name: string) => `Agree to the recovery of ${name}`,
  approveTitle: (name: string) => `Agree to the recovery of ${name}?`,
  approveWhat: (name: string) =>
    `Talk to ${name} yourself, by a way that you know. You answer for it with the administrator who asked.`,
  approveNext:
    'The waiting time begins. When it is over, a link to a new password is mailed; with it the old factors go.',
  approved: (by: string) => `${by} agreed`,
  waiting: 'The link goes out',
  sent: 'The link went out',
  usable: 'It works until',
  stop: 'Stop',
  stopLabel: (name: string) => `Stop the recovery of ${name}`,
  stopTitle: (name: string) => `Stop the recovery of ${name}?`,
  stopWhat: 'What is under way ends at once, and a link that went out stops working. It can be asked for again.',
  stopVerb: 'Stop the recovery',
  own: 'This is about you: others decide.',
} as const
