import type { Ended } from '@custodia/wire/http/sessions.ts'
import { useInfiniteQuery, useMutation, useQueryClient, useSuspenseQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery, sessionsQuery } from '../api/queries.ts'
import { request } from '../api/request.ts'
import { Button } from '../parts/button.tsx'
import { LoadMore } from '../parts/load-more.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Confirm } from '../parts/overlay.tsx'
import { Empty, Section, Waiting } from '../parts/page.tsx'
import { exactTime } from '../parts/time.ts'
import { activityTexts } from '../texts-of-activity.ts'
import { ActivityList } from './activity-list.tsx'
import { ownActivityQuery } from './queries.ts'
import { isDisownable, rowsOf } from './rows.ts'
import { titleOf } from './words.ts'

/** Was that all me? And what to do about what was not. */
export function OwnActivity() {
  const { data: me } = useSuspenseQuery(meQuery)
  const activity = useInfiniteQuery(ownActivityQuery)
  const [disowning, disown] = useState(false)
  const rows = activity.data && rowsOf(activity.data.pages.flatMap((page) => page.items))
  return (
    <Section title={activityTexts.title}>
      <p className="-mt-2 mb-3 text-muted">{activityTexts.note}</p>
      {activity.isPending && <Waiting rows={4} />}
      {activity.error !== null && (
        <ProblemNotice problem={problemOf(activity.error)} retry={() => void activity.refetch()} />
      )}
      {rows?.length === 0 && <Empty title={activityTexts.none}>{activityTexts.noneHelp}</Empty>}
      {rows !== undefined && rows.length > 0 && (
        <ActivityList
          rows={rows}
          own
          me={me}
          action={(row) =>
            isDisownable(row, me.session.id) && (
              <Button
                size="small"
                aria-label={activityTexts.notMeLabel(titleOf(row), exactTime(row.item.at))}
                onClick={() => disown(true)}
              >
                {activityTexts.notMe}
              </Button>
            )
          }
        />
      )}
      {rows !== undefined && <LoadMore list={activity} shown={rows.length} />}
      {disowning && <NotMe onClose={() => disown(false)} />}
    </Section>
  )
}

function NotMe({ onClose }: { onClose: () => void }) {
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const end = useMutation({
    mutationFn: () => request<Ended>('POST', '/v1/sessions/end-others'),
    onSuccess: async () => {
      await queryClient.invalidateQueries({ queryKey: sessionsQuery.queryKey })
      await navigate({ to: '/account/password' })
    },
  })
  return (
    <Confirm
      onClose={onClose}
      title={activityTexts.notMeTitle}
      verb={activityTexts.notMeVerb}
      act={{ ...end, mutate: () => end.mutate() }}
    >
      <p>{activityTexts.notMeWhat}</p>
      <p className="mt-1">{activityTexts.notMeFactors}</p>
    </Confirm>
  )
}
