import type { Progress } from '@custodia/wire/http/factors.ts'
import type { HandOver } from '@custodia/wire/http/gateway.ts'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useRouter } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { Button } from '../parts/button.tsx'
import { Field, PasswordField } from '../parts/field.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { waitingTime } from '../parts/time.ts'
import { texts } from '../texts.ts'
import { themeTexts } from '../texts-of-theme.ts'
import { useTheme } from '../theme/theme.ts'
import { Gate } from './gate.tsx'
import { handOver, handOverFrom, shownHost } from './hand-over.ts'
import { PasskeySignIn } from './passkey-sign-in.tsx'
import { signInWith } from './sign-in-with.ts'
import { useArrival } from './use-arrival.ts'

const route = getRouteApi('/sign-in')

// Not for the first page, which holds what everybody needs.
const ConfirmPage = lazy(async () => ({ default: (await import('./confirm-page.tsx')).ConfirmPage }))
const FactorStep = lazy(async () => ({ default: (await import('./factor-step.tsx')).FactorStep }))

/** The sign-in, step by step; or, where somebody is signed in already, the way on to the application that asked. */
export function SignIn() {
  const { me } = route.useRouteContext()
  const search = route.useSearch()
  const target = handOverFrom(search)
  if (me !== null && search.again !== undefined) return <Again email={me.user.email} target={target} />
  if (me !== null && target !== null) return <Onward target={target} />
  if (search.step === undefined) return <SignInForm target={target} />
  return (
    <Suspense>
      <FactorStep />
    </Suspense>
  )
}

/** Somebody who is signed in proves it anew, since what they are going to asks for that. */
function Again({ email, target }: { email: string; target: HandOver | null }) {
  const router = useRouter()
  const queryClient = useQueryClient()
  const navigate = route.useNavigate()
  const confirmed = async () => {
    queryClient.clear()
    // The route itself then decides where to go.
    await navigate({ search: ({ again: _, ...rest }) => rest, replace: true })
    await router.invalidate()
  }
  return (
    <Suspense>
      <ConfirmPage
        email={email}
        note={target === null ? texts.signIn.againNote : onward(target.host)}
        onConfirmed={confirmed}
      />
    </Suspense>
  )
}

function Onward({ target }: { target: HandOver }) {
  const { mutate, error } = useMutation({
    mutationFn: handOver,
    onSuccess: (location) => window.location.replace(location),
  })
  const { host, state } = target
  useEffect(() => mutate({ host, state }), [mutate, host, state])
  const shown = shownHost(host)
  if (error === null) {
    const text = shown === null ? texts.signIn.handingOverUnknown : texts.signIn.handingOver(shown)
    return <Gate page={texts.signIn.title} heading={text} />
  }
  return (
    <Gate page={texts.signIn.title} heading={texts.signIn.handOverFailed} note={texts.signIn.handOverHelp}>
      <ProblemNotice problem={problemOf(error)} />
      <Link to="/" className="mt-6 inline-block font-medium text-link underline-offset-2 hover:underline">
        {texts.fault.toHome}
      </Link>
    </Gate>
  )
}

function SignInForm({ target }: { target: HandOver | null }) {
  const search = route.useSearch()
  const arrive = useArrival()
  const { name } = useTheme()
  const form = useRef<HTMLFormElement>(null)
  const [waiting, setWaiting] = useState(false)
  const goOn = (progress: Progress) => arrive(progress, search)

  const signIn = useMutation({
    mutationFn: signInWith,
    onSuccess: goOn,
    onError: (error) => {
      const { retryAfterSeconds } = problemOf(error)
      if (retryAfterSeconds !== null) {
        setWaiting(true)
        setTimeout(() => setWaiting(false), retryAfterSeconds * 1000)
      }
      const password = form.current?.elements.namedItem('password')
      if (password instanceof HTMLInputElement) password.select()
    },
  })

  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget)
    signIn.mutate({ email: String(fields.get('email')).trim(), password: String(fields.get('password')) })
  }

  const problem = signIn.error === null ? null : problemOf(signIn.error)
  const calm = problem === null ? null : calmly(problem.status, problem.retryAfterSeconds)
  return (
    <Gate
      page={texts.signIn.title}
      heading={name === null ? texts.signIn.toCustodia : themeTexts.signInTo(name)}
      note={target === null ? undefined : onward(target.host)}
    >
      <form ref={form} onSubmit={submit} className="space-y-4">
        <Field
          label={texts.form.email}
          name="email"
          type="email"
          // `webauthn`: the browser lists passkeys here as well (WebAuthn level 3 §5.1.4, conditional mediation).
          autoComplete="username webauthn"
          required
          maxLength={254}
          autoFocus
          autoCapitalize="off"
          spellCheck={false}
        />
        <PasswordField
          label={texts.form.password}
          name="password"
          autoComplete="current-password"
          required
          error={calm}
        />
        <Button type="submit" look="primary" className="w-full" busy={signIn.isPending} disabled={waiting}>
          {texts.signIn.submit}
        </Button>
        {problem !== null && calm === null && <ProblemNotice problem={problem} />}
      </form>
      <PasskeySignIn onProgress={goOn} />
      <p className="mt-6">
        <Link to="/recovery" className="font-medium text-link underline-offset-2 hover:underline">
          {texts.step.forgotten}
        </Link>
      </p>
    </Gate>
  )
}

/** What goes wrong every day is said at the field, and the same for an unknown address and a wrong password. */
function calmly(status: number, retryAfterSeconds: number | null): string | null {
  if (status === 401) return texts.signIn.wrong
  if (status !== 429) return null
  return retryAfterSeconds === null ? texts.signIn.waitSome : texts.signIn.wait(waitingTime(retryAfterSeconds))
}

function onward(host: string): string {
  const shown = shownHost(host)
  return shown === null ? texts.signIn.onwardUnknown : texts.signIn.onward(shown)
}
