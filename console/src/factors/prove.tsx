import type { FactorKind, Way } from '@custodia/wire/http/factors.ts'
import type { ReactNode } from 'react'
import { useState } from 'react'
import { Notice } from '../parts/notice.tsx'
import { texts } from '../texts.ts'
import { CodeProof } from './code-proof.tsx'
import type { Desk } from './desk.ts'
import { PasskeyProof } from './passkey-proof.tsx'
import { PasswordProof } from './password-proof.tsx'
import { SentCodeProof } from './sent-code-proof.tsx'
import { openWays } from './ways.ts'
import { hasPasskeys } from './webauthn.ts'

/** What each view needs to know. */
export type ProofProps<Reply> = {
  readonly way: Way
  readonly desk: Desk<Reply>
  readonly onProven: (reply: Reply) => Promise<void> | void
  readonly onOver?: (() => void) | undefined
  /** Whose account it is, for password managers; null where the page does not know. */
  readonly email: string | null
}

const views: Record<FactorKind, <Reply>(props: ProofProps<Reply>) => ReactNode> = {
  password: PasswordProof,
  totp: CodeProof,
  passkey: PasskeyProof,
  'recovery-code': CodeProof,
  'mail-code': SentCodeProof,
  'sms-code': SentCodeProof,
}

/** One way of proving who one is, the best first, and the others a press away. */
export function Prove<Reply>(props: Omit<ProofProps<Reply>, 'way'> & { ways: readonly Way[] }) {
  const ways = openWays(props.ways, hasPasskeys())
  const [chosen, choose] = useState<FactorKind | null>(null)
  const way = ways.find(({ factor }) => factor === chosen) ?? ways[0]
  if (way === undefined) {
    return (
      <Notice kind="warn" title={texts.factors.noWay}>
        {texts.factors.noWayHelp}
      </Notice>
    )
  }
  const View = views[way.factor]
  const others = ways.filter(({ factor }) => factor !== way.factor)
  return (
    <>
      <View
        key={way.factor}
        way={way}
        desk={props.desk}
        onProven={props.onProven}
        onOver={props.onOver}
        email={props.email}
      />
      {others.length > 0 && (
        <ul aria-label={texts.factors.otherWays} className="mt-6 space-y-1 border-t border-line pt-4">
          {others.map(({ factor }) => (
            <li key={factor}>
              <button
                type="button"
                onClick={() => choose(factor)}
                className="min-h-6 py-0.5 text-left font-medium text-link underline-offset-2 hover:underline"
              >
                {texts.factors.instead[factor]}
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}
