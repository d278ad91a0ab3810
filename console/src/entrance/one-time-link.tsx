import type { LinkFacts } from '@custodia/wire/http/identity.ts'
import { useQuery } from '@tanstack/react-query'
import { Link, useRouterState } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { problemOf } from '../api/problem.ts'
import { request } from '../api/request.ts'
import { ProblemNotice } from '../parts/notice.tsx'
import { texts } from '../texts.ts'
import { wear } from '../theme/theme.ts'
import { Gate } from './gate.tsx'

/** What to say of a link that is over, by what it was for. */
const deadWords: Record<LinkFacts['purpose'], string> = {
  setup: texts.link.deadSetup,
  invitation: texts.link.deadInvitation,
  recovery: texts.recover.dead,
  'delegated-recovery': texts.recover.dead,
  'recovery-cancel': texts.recover.cancelDead,
  'not-me': texts.recover.notMeDead,
}

/**
 * Reads the token of a one-time link from the fragment of the address, which browsers send to nobody, and asks what it
 * is good for. The form is shown only for a link that can be used.
 *
 * @param purposes what the page is for; of a link that is over, the first is spoken of.
 */
export function OneTimeLink(props: {
  purposes: readonly [LinkFacts['purpose'], ...LinkFacts['purpose'][]]
  page: string
  children: (token: string, facts: LinkFacts) => ReactNode
}) {
  const token = useRouterState({ select: (state) => state.location.hash })
  const whole = /^[a-z2-7]{52}$/.test(token)
  const check = useQuery({
    queryKey: ['link', token],
    queryFn: async () => {
      const facts = await request<LinkFacts>('POST', '/v1/links/check', { token })
      // Whose link it is says whose look the page has.
      await wear(facts.theme)
      return facts
    },
    enabled: whole,
    // A form must not vanish under the person who fills it.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  if (!whole) {
    return <Gate page={props.page} heading={texts.link.incompleteTitle} note={texts.link.incompleteHelp} />
  }
  if (check.isPending) return <Gate page={props.page} heading={texts.link.checking} />
  if (check.data !== undefined && props.purposes.includes(check.data.purpose)) return props.children(token, check.data)

  const problem = check.error === null ? null : problemOf(check.error)
  const refused = problem === null || (problem.status >= 400 && problem.status < 500 && problem.status !== 429)
  return (
    <Gate page={props.page} heading={texts.link.deadTitle} note={refused ? deadWords[props.purposes[0]] : undefined}>
      {!refused && <ProblemNotice problem={problem} retry={() => void check.refetch()} />}
      <p className="mt-6 flex flex-wrap gap-x-6 gap-y-2 font-medium text-link">
        {props.purposes[0] === 'recovery' && (
          <Link to="/recovery" hash="" className="underline-offset-2 hover:underline">
            {texts.recover.again}
          </Link>
        )}
        <Link to="/sign-in" className="underline-offset-2 hover:underline">
          {texts.link.toSignIn}
        </Link>
      </p>
    </Gate>
  )
}
