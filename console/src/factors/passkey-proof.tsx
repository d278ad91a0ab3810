import { Button } from '../parts/button.tsx'
import { PasskeyIcon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { texts } from '../texts.ts'
import { PasskeyTrouble } from './passkey-trouble.tsx'
import type { ProofProps } from './prove.tsx'
import { useProof } from './use-proof.ts'
import { passkeyProblem, provePasskey } from './webauthn.ts'

/** A passkey: the browser opens it on a press only, never by itself. */
export function PasskeyProof<Reply>({ desk, onProven, onOver }: ProofProps<Reply>) {
  const proof = useProof({ desk, wrongText: texts.factors.wrong, onProven, onOver })
  const { prove, busy, wrong, problem, waiting } = proof
  const use = () =>
    prove(async () => {
      const { options } = await desk.challenge('passkey')
      if (options === null) throw passkeyProblem(null)
      return { factor: 'passkey', credential: await provePasskey(options) }
    })
  return (
    <div className="space-y-4">
      <p className="text-muted">{texts.factors.passkeyNote}</p>
      <Button look="primary" className="w-full" busy={busy} disabled={waiting} autoFocus onClick={use}>
        <PasskeyIcon />
        {texts.factors.passkey}
      </Button>
      {wrong !== null && <Notice kind="bad" title={wrong} />}
      {problem !== null && <PasskeyTrouble problem={problem} />}
    </div>
  )
}
