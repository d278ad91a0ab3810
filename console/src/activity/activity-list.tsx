import type { Me } from '@custodia/wire/http/identity.ts'
import type { ReactNode } from 'react'
import { useId, useState } from 'react'
import { Badge } from '../parts/badge.tsx'
import { ChevronIcon, StopIcon, WarningIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { activityTexts } from '../texts-of-activity.ts'
import type { Row } from './rows.ts'
import { ScoreParts } from './score-parts.tsx'
import { phrasesOf, strangeWords, titleOf, toneOf, verdictWords } from './words.ts'

const list = new Intl.ListFormat('en', { type: 'conjunction' })

type Props = {
  rows: readonly Row[]
  /** Whether one looks at one's own. */
  own: boolean
  me: Me
  action?: (row: Row) => ReactNode
}

/** What happened, newest first; a sign-in opens to what its score is made of. */
export function ActivityList({ rows, ...rest }: Props) {
  return (
    <ul aria-label={activityTexts.title} className="divide-y divide-line rounded-lg border border-line">
      {rows.map((row) => (
        <Line key={row.item.id} row={row} {...rest} />
      ))}
    </ul>
  )
}

function Line({ row, own, me, action }: Omit<Props, 'rows'> & { row: Row }) {
  const [open, setOpen] = useState(false)
  const detailsId = useId()
  const { item, kind, times, assessment } = row
  const tone = toneOf(row)
  const Icon = tone === 'bad' ? StopIcon : WarningIcon
  const title = titleOf(row)
  const strange = strangeWords(assessment)
  const verdict = verdictWords(assessment)
  return (
    <li className="px-4 py-3">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 grow basis-56">
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
            {tone !== 'plain' && <Icon className={tone === 'bad' ? 'text-bad' : 'text-warn'} />}
            <span className="font-medium">{title}</span>
            {times > 1 && <Badge tone="warn">{activityTexts.repeated(times)}</Badge>}
            {kind === 'sign-in' && item.facts.session === me.session.id && (
              <Badge tone="accent">{activityTexts.thisBrowser}</Badge>
            )}
          </p>
          <p className="mt-0.5 flex flex-wrap gap-x-3 text-[13px] break-words text-muted">
            <Moment at={item.at} />
            {phrasesOf(row, { own, id: me.user.id }).map((phrase) => (
              <span key={phrase} className="min-w-0 break-all">
                {phrase}
              </span>
            ))}
          </p>
          {kind === 'stopped' && (
            <p className="mt-0.5 text-[13px] text-muted">
              {own ? activityTexts.stoppedHelp : activityTexts.stoppedTheirs}
            </p>
          )}
          {strange.length > 0 && (
            <p className="mt-0.5 text-[13px] text-warn">{activityTexts.unusual(list.format(strange))}</p>
          )}
          {verdict !== null && (
            <button
              type="button"
              aria-expanded={open}
              aria-controls={detailsId}
              onClick={() => setOpen(!open)}
              className="mt-1 inline-flex items-center gap-1 text-[13px] text-link underline-offset-2 hover:underline"
            >
              <ChevronIcon className={`transition-transform duration-100 ${open ? 'rotate-90' : ''}`} />
              {verdict}
            </button>
          )}
        </div>
        {action?.(row)}
      </div>
      {assessment !== null && (
        <div id={detailsId} hidden={!open} className="mt-3 rounded-md bg-sunken px-3 py-2.5">
          {open && <ScoreParts assessment={assessment} own={own} />}
        </div>
      )}
    </li>
  )
}
