import type { Credential, PasskeyOffer, Progress } from '@custodia/wire/http/factors.ts'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { PasskeyTrouble } from '../factors/passkey-trouble.tsx'
import { hasPasskeys, offeredPasskey, provePasskey, withdrawOffer } from '../factors/webauthn.ts'
import { Button } from '../parts/button.tsx'
import { PasskeyIcon } from '../parts/icons.tsx'
import { Notice } from '../parts/notice.tsx'
import { texts } from '../texts.ts'

const options = async () => (await request<PasskeyOffer>('POST', '/v1/sign-in/passkey/options')).options

/**
 * Signs in with a passkey and nothing else: by a press, or from the list that the browser shows under the address field.
 * Where the browser has no passkeys nothing is shown.
 */
export function PasskeySignIn({ onProgress }: { onProgress: (progress: Progress) => Promise<void> }) {
  const signIn = useMutation({
    mutationFn: async (obtain: () => Promise<Credential>) =>
      await request<Progress>('POST', '/v1/sign-in/passkey', { credential: await obtain() }),
    onSuccess: onProgress,
  })
  const { mutate } = signIn
  // The page may be drawn twice before anything happens: one offer is enough.
  const offered = useRef(false)
  useEffect(() => {
    if (offered.current) return
    offered.current = true
    void offeredPasskey(options).then((credential) => {
      if (credential !== null) mutate(async () => credential)
    })
  }, [mutate])
  useEffect(() => () => void withdrawOffer(), [])
  if (!hasPasskeys()) return null
  const problem = signIn.error === null ? null : problemOf(signIn.error)
  return (
    <div className="mt-5 space-y-4">
      <p aria-hidden="true" className="flex items-center gap-3 text-[13px] text-faint">
        <span className="h-px grow bg-line" />
        {texts.step.or}
        <span className="h-px grow bg-line" />
      </p>
      <Button
        className="w-full"
        busy={signIn.isPending}
        onClick={() => mutate(async () => await provePasskey(await options()))}
      >
        <PasskeyIcon />
        {texts.step.passkey}
      </Button>
      {problem !== null &&
        (problem.status === 401 ? (
          <Notice kind="bad" title={texts.step.passkeyRefused} />
        ) : (
          <PasskeyTrouble problem={problem} />
        ))}
    </div>
  )
}
