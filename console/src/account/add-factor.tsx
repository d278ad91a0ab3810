import { useMutation } from '@tanstack/react-query'
import { EnrolApp } from '../factors/enrol-app.tsx'
import type { Enrolled } from '../factors/enrol-desk.ts'
import { accountEnrolDesk, newRecoveryCodes } from '../factors/enrol-desk.ts'
import { EnrolPasskey } from '../factors/enrol-passkey.tsx'
import { EnrolPhone } from '../factors/enrol-phone.tsx'
import { Confirm, Window } from '../parts/overlay.tsx'
import { phoneTexts } from '../texts-of-phones.ts'
import { securityTexts } from '../texts-of-security.ts'

export type Adding = 'app' | 'passkey' | 'phone' | 'codes'

type Props = { onClose: () => void; onAdded: (what: string, enrolled: Enrolled) => Promise<void> }

/** The window in which something is added. */
export function AddFactor({ adding, onClose, onAdded }: Props & { adding: Adding }) {
  const { addAppTitle, appAdded, addPasskeyTitle, addPasskeyNote, passkeyAdded } = securityTexts.security
  if (adding === 'codes') return <NewCodes onClose={onClose} onAdded={onAdded} />
  if (adding === 'phone') {
    return (
      <Window onClose={onClose} title={phoneTexts.title}>
        <EnrolPhone onDone={(enrolled) => onAdded(phoneTexts.added, enrolled)} />
      </Window>
    )
  }
  if (adding === 'app') {
    return (
      <Window onClose={onClose} title={addAppTitle}>
        <EnrolApp desk={accountEnrolDesk} onDone={(enrolled) => onAdded(appAdded, enrolled)} />
      </Window>
    )
  }
  return (
    <Window onClose={onClose} title={addPasskeyTitle} description={addPasskeyNote}>
      <EnrolPasskey desk={accountEnrolDesk} onDone={(enrolled) => onAdded(passkeyAdded, enrolled)} />
    </Window>
  )
}

/** New codes end the old ones: asked first. */
function NewCodes({ onClose, onAdded }: Props) {
  const { newCodesTitle, newCodesWhat, newCodesVerb, codesMade } = securityTexts.security
  const make = useMutation({
    mutationFn: newRecoveryCodes,
    onSuccess: ({ codes }) => onAdded(codesMade, { codes, progress: null }),
  })
  return (
    <Confirm
      onClose={onClose}
      title={newCodesTitle}
      verb={newCodesVerb}
      gentle
      act={{ ...make, mutate: () => make.mutate() }}
    >
      {newCodesWhat}
    </Confirm>
  )
}
