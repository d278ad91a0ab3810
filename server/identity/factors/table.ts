import type { FactorKind } from '@custodia/wire/http/factors.ts'
import type { Queries } from '../../platform/database/database.ts'
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

/** How sessions name what a person has just proven. */
export async function amrsOf(queries: Queries, kinds: readonly FactorKind[], personId: string): Promise<string[]> {
  const names: string[] = []
  for (const kind of kinds) {
    const { amr, amrOf } = factorOf(kind)
    names.push((await amrOf?.(queries, personId)) ?? amr)
  }
  return names
}
