import type { Ended, Session } from '@custodia/wire/http/sessions.ts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { sessionsQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { Notice, ProblemNotice } from '../parts/notice.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { Page, Section, Waiting } from '../parts/page.tsx'
import { texts } from '../texts.ts'
import { securityTexts } from '../texts-of-security.ts'
import { addressOf, deviceOf, SessionList } from './session-list.tsx'

/** Where am I signed in, and how do I end what is not mine? */
export function SessionsPage() {
  const sessions = useQuery(sessionsQuery)
  const [asked, ask] = useState<Session | null>(null)
  const [ended, setEnded] = useState<number | null>(null)
  const items = sessions.data?.items
  const others = items?.filter((session) => !session.current).length ?? 0
  return (
    <Page
      title={texts.sessions.title}
      answer={items && (items.length > 1 ? texts.sessions.several(items.length) : texts.sessions.alone)}
      note={texts.sessions.note}
      actions={
        <>
          <EndAll all={items?.length ?? 0} />
          <EndOthers others={others} onEnded={setEnded} />
        </>
      }
    >
      {ended !== null && <Notice kind="good" title={texts.sessions.ended(ended)} />}
      <Section title={texts.sessions.list}>
        {sessions.isPending && <Waiting rows={3} />}
        {sessions.error !== null && (
          <ProblemNotice problem={problemOf(sessions.error)} retry={() => void sessions.refetch()} />
        )}
        {items !== undefined && (
          <SessionList
            sessions={items}
            action={(session) => (
              <Button
                size="small"
                aria-label={texts.sessions.endLabel(deviceOf(session), addressOf(session))}
                onClick={() => ask(session)}
              >
                {texts.sessions.end}
              </Button>
            )}
          />
        )}
      </Section>
      {asked !== null && <EndOne session={asked} onClose={() => ask(null)} onEnded={() => setEnded(1)} />}
    </Page>
  )
}

function EndOne({ session, onClose, onEnded }: { session: Session; onClose: () => void; onEnded: () => void }) {
  const queryClient = useQueryClient()
  const end = useMutation({
    mutationFn: () => request('DELETE', `/v1/sessions/${encodeURIComponent(session.id)}`),
    onSuccess: async () => {
      if (session.current) return window.location.assign('/sign-in')
      await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey })
      onEnded()
      onClose()
    },
  })
  return (
    <Confirm
      onClose={onClose}
      title={texts.sessions.endTitle}
      verb={texts.sessions.endVerb}
      act={{ ...end, mutate: () => end.mutate() }}
    >
      <p>
        {session.current
          ? texts.sessions.endCurrentWhat
          : texts.sessions.endWhat(deviceOf(session), addressOf(session))}
      </p>
      {session.applications.length > 0 && (
        <p className="mt-1">{texts.sessions.endReaches(session.applications.join(', '))}</p>
      )}
    </Confirm>
  )
}

function EndOthers({ others, onEnded }: { others: number; onEnded: (count: number) => void }) {
  const queryClient = useQueryClient()
  // How many there were when it was asked: the question must not change while it is answered.
  const [asked, ask] = useState<number | null>(null)
  const end = useMutation({
    mutationFn: () => request<Ended>('POST', '/v1/sessions/end-others'),
    onSuccess: async ({ ended }) => {
      await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey })
      onEnded(ended)
      ask(null)
    },
  })
  return (
    <>
      <Button disabled={others === 0} onClick={() => ask(others)}>
        {texts.sessions.endOthers}
      </Button>
      {asked !== null && (
        <Confirm
          onClose={() => ask(null)}
          title={texts.sessions.endOthersTitle(asked)}
          verb={texts.sessions.endOthersVerb(asked)}
          act={{ ...end, mutate: () => end.mutate() }}
        >
          {texts.sessions.endOthersWhat(asked)}
        </Confirm>
      )}
    </>
  )
}

/** Here as well: for somebody who wants to begin anew everywhere. */
function EndAll({ all }: { all: number }) {
  const [asked, ask] = useState<number | null>(null)
  const end = useMutation({
    mutationFn: () => request<Ended>('DELETE', '/v1/sessions'),
    // A full load: what was shown must not stay in memory.
    onSuccess: () => window.location.assign('/sign-in'),
  })
  const words = securityTexts.sessions
  return (
    <>
      <Button look="grave" disabled={all === 0} onClick={() => ask(all)}>
        {words.endAll}
      </Button>
      {asked !== null && (
        <Confirm
          onClose={() => ask(null)}
          title={words.endAllTitle}
          verb={words.endAllVerb}
          act={{ ...end, mutate: () => end.mutate() }}
        >
          {words.endAllWhat(asked)}
        </Confirm>
      )}
    </>
  )
}
