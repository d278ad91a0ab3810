import type { Me, User } from '@custodia/wire/http/identity.ts'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { Button } from '../parts/button.tsx'
import { LoadMore } from '../parts/load-more.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Section, Waiting } from '../parts/page.tsx'
import { activityTexts } from '../texts-of-activity.ts'
import { ActivityList } from './activity-list.tsx'
import { activityOfQuery } from './queries.ts'
import { rowsOf } from './rows.ts'

/** What happened in somebody's account, with the scores in numbers. Asked for by a press, since each look is recorded. */
export function TheirActivity({ person, me }: { person: User; me: Me }) {
  const [asked, ask] = useState(false)
  return (
    <Section title={activityTexts.theirs}>
      {asked ? (
        <Their person={person} me={me} />
      ) : (
        <div className="space-y-2">
          <Button onClick={() => ask(true)}>{activityTexts.look}</Button>
          <p className="text-[13px] text-muted">{activityTexts.theirsNote}</p>
        </div>
      )}
    </Section>
  )
}

function Their({ person, me }: { person: User; me: Me }) {
  const activity = useInfiniteQuery(activityOfQuery(person.id))
  const rows = activity.data && rowsOf(activity.data.pages.flatMap((page) => page.items))
  return (
    <>
      {activity.isPending && <Waiting rows={3} />}
      {activity.error !== null && (
        <ProblemNotice problem={problemOf(activity.error)} retry={() => void activity.refetch()} />
      )}
      {rows?.length === 0 && <p className="text-muted">{activityTexts.none}</p>}
      {rows !== undefined && rows.length > 0 && <ActivityList rows={rows} own={false} me={me} />}
      {rows !== undefined && <LoadMore list={activity} shown={rows.length} />}
    </>
  )
}
