import type { User } from '@custodia/wire/http/identity.ts'
import type { Ended, Session } from '@custodia/wire/http/sessions.ts'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { addressOf, deviceOf, SessionList } from '../account/session-list.tsx'
import { problemOf } from '../api/problem.ts'
import { sessionsOfQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { Section, Waiting } from '../parts/page.tsx'
import { texts } from '../texts.ts'
import { securityTexts } from '../texts-of-security.ts'

/** Where somebody else is signed in. */
export function PersonSessions({ person, mayEnd }: { person: User; mayEnd: boolean }) {
  const sessions = useQuery(sessionsOfQuery(person.id))
  const [asked, ask] = useState<Session | null>(null)
  const items = sessions.data?.items
  return (
    <Section title={texts.person.sessions}>
      {sessions.isPending && <Waiting rows={1} />}
      {sessions.error !== null && (
        <ProblemNotice problem={problemOf(sessions.error)} retry={() => void sessions.refetch()} />
      )}
      {items?.length === 0 && <p className="text-muted">{texts.person.noSessions}</p>}
      {items !== undefined && items.length > 0 && (
        <SessionList
          sessions={items}
          action={(session) =>
            mayEnd && (
              <Button
                size="small"
                aria-label={texts.sessions.endLabel(deviceOf(session), addressOf(session))}
                onClick={() => ask(session)}
              >
                {texts.sessions.end}
              </Button>
            )
          }
        />
      )}
      {mayEnd && items !== undefined && items.length > 1 && <EndAllTheirs person={person} count={items.length} />}
      {asked !== null && <EndTheirs person={person} session={asked} onClose={() => ask(null)} />}
    </Section>
  )
}

function EndTheirs({ person, session, onClose }: { person: User; session: Session; onClose: () => void }) {
  const queryClient = useQueryClient()
  const end = useMutation({
    mutationFn: () => request('DELETE', `/v1/sessions/${encodeURIComponent(session.id)}`),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: sessionsOfQuery(person.id).queryKey })
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
      <p>{texts.person.endSessionWhat(person.name, deviceOf(session), addressOf(session))}</p>
      {session.applications.length > 0 && (
        <p className="mt-1">{texts.sessions.endReaches(session.applications.join(', '))}</p>
      )}
    </Confirm>
  )
}

function EndAllTheirs({ person, count }: { person: User; count: number }) {
  const queryClient = useQueryClient()
  // How many there were when it was asked: the question must not change while it is answered.
  const [asked, ask] = useState<number | null>(null)
  const end = useMutation({
    mutationFn: () => request<Ended>('DELETE', `/v1/users/${encodeURIComponent(person.id)}/sessions`),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: sessionsOfQuery(person.id).queryKey })
      ask(null)
    },
  })
  const words = securityTexts.sessions
  return (
    <div className="mt-3">
      <Button look="grave" onClick={() => ask(count)}>
        {words.endTheirs}
      </Button>
      {asked !== null && (
        <Confirm
          onClose={() => ask(null)}
          title={words.endTheirsTitle(person.name)}
          verb={words.endAllVerb}
          act={{ ...end, mutate: () => end.mutate() }}
        >
          {words.endTheirsWhat(person.name, asked)}
        </Confirm>
      )}
    </div>
  )
}
