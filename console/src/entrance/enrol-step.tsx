import type { FactorKind, Progress } from '@custodia/wire/http/factors.ts'
import { useState } from 'react'
import { EnrolApp } from '../factors/enrol-app.tsx'
import type { Enrolled } from '../factors/enrol-desk.ts'
import { signInEnrolDesk } from '../factors/enrol-desk.ts'
import { EnrolPasskey } from '../factors/enrol-passkey.tsx'
import { CodesNote, RecoveryCodes } from '../factors/recovery-codes.tsx'
import { hasPasskeys } from '../factors/webauthn.ts'
import { Notice } from '../parts/notice.tsx'
import { texts } from '../texts.ts'
import { securityTexts } from '../texts-of-security.ts'

/** Somebody whose organisation demands a second factor adds one at the door, and then is signed in. */
export function EnrolStep(props: {
  enrolable: readonly FactorKind[]
  onDone: (progress: Progress) => Promise<void>
  onOver: () => void
}) {
  const open = props.enrolable.filter((kind) => kind === 'totp' || (kind === 'passkey' && hasPasskeys()))
  const [chosen, choose] = useState<FactorKind | undefined>(open[0])
  const [enrolled, setEnrolled] = useState<Enrolled | null>(null)
  const goOn = async ({ progress }: Enrolled) => {
    // Without a word about where it stands, the page asks.
    await (progress === null ? props.onOver() : props.onDone(progress))
  }
  if (enrolled !== null) {
    return (
      <div className="space-y-5">
        <h2 className="text-[15px] font-semibold">{securityTexts.codes.title}</h2>
        <CodesNote />
        <RecoveryCodes codes={enrolled.codes} onDone={() => void goOn(enrolled)} />
      </div>
    )
  }
  if (chosen === undefined) {
    return (
      <Notice kind="warn" title={texts.factors.unsupported}>
        {texts.factors.unsupportedHelp}
      </Notice>
    )
  }
  const done = async (result: Enrolled) => (result.codes.length > 0 ? setEnrolled(result) : await goOn(result))
  const View = chosen === 'totp' ? EnrolApp : EnrolPasskey
  const other = open.find((kind) => kind !== chosen)
  return (
    <>
      <h2 className="text-[15px] font-semibold">
        {chosen === 'totp' ? securityTexts.enrol.app : securityTexts.enrol.passkey}
      </h2>
      <div className="mt-3">
        <View desk={signInEnrolDesk} onDone={done} onOver={props.onOver} />
      </div>
      {other !== undefined && (
        <button
          type="button"
          onClick={() => choose(other)}
          className="mt-6 min-h-6 font-medium text-link underline-offset-2 hover:underline"
        >
          {securityTexts.enrol.instead[other === 'totp' ? 'totp' : 'passkey']}
        </button>
      )}
    </>
  )
}
