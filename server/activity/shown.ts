/**
 * The types of entries that a person and their administrators are told of, each with the fields of its data that they may read. What
 * stands here is all that is ever shown: a field that is added to an event later is not.
 */
export const shown: Readonly<Record<string, readonly string[]>> = {
  'identity.user.signed-in': ['session', 'factors', 'attempt'],
  'identity.sign-in.assessed': ['session', 'attempt'],
  'identity.user.sign-in-refused': ['reason'],
  'identity.factor.refused': ['factor', 'for'],
  'identity.factor.enrolled': ['factor'],
  'identity.factor.removed': ['factor'],
  'identity.recovery-codes.created': ['codes'],
  'identity.recovery-code.used': ['left'],
  'identity.passkey.clone-suspected': [],
  'identity.password.changed': [],
  'identity.password.change-refused': [],
  'identity.recovery.asked': [],
  'identity.recovery.refused': ['reason'],
  'identity.recovery.given': [],
  'identity.recovery.completed': [],
  'identity.account.disowned': ['sessions'],
  'identity.delegated-recovery.asked': [],
  'identity.delegated-recovery.approved': ['readyAt'],
  'identity.delegated-recovery.sent': [],
  'identity.delegated-recovery.ended': ['outcome'],
  'identity.user.invited': [],
  'identity.user.imported': [],
  'identity.user.activated': [],
  'identity.user.disabled': [],
  'identity.user.enabled': [],
  'apikeys.key.issued': ['key'],
  'apikeys.key.rotated': ['key'],
  'apikeys.key.revoked': ['key', 'why'],
  'apikeys.key.leaked': ['key'],
  'sessions.session.ended': ['session', 'why'],
  'sessions.sessions.ended-all': ['why', 'ended'],
  'sessions.session.held': ['session', 'why'],
  'sessions.session.refused': ['max'],
}

export const shownTypes = Object.keys(shown)
