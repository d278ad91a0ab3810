import type { FactorKind } from '@custodia/wire/http/factors.ts'
import { passkey } from '../passkeys/passkey.ts'
import type { Factor } from './factor.ts'
import { mailCode } from './mail-code.ts'
import { password } from './password.ts'
import { recoveryCode } from './recovery-code.ts'
import { smsCode } from './sms-code.ts'
import { totp } from './totp.ts'

/** Every factor, in the order in which it is offered: the strongest first. */
export const factors: readonly Factor[] = [passkey, totp, mailCode, smsCode, recoveryCode, password]

export function factorOf(kind: FactorKind): Factor {
  const found = factors.find((factor) => factor.kind === kind)
  if (found === undefined) throw new RangeError(`there is no factor ${kind}`)
  return found
}
