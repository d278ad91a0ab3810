import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { problemOf } from '../api/problem.ts'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Section, Waiting } from '../parts/page.tsx'
import { accessTexts } from '../texts-of-access.ts'
import { whyTexts } from '../texts-of-access-why.ts'
import { useNames } from './names.ts'
import { standingQuery } from './why-queries.ts'

/** Everything that somebody is now, and through which groups. @param props.mayAsk whether what they may do can be asked for. */
export function WholeStanding({ subject, mayAsk }: { subject: string; mayAsk: boolean }) {
  const standing = useQuery(standingQuery(subject))
  const nameOf = useNames()
  const { roles = [], groups = [] } = standing.data ?? {}
  const words = whyTexts.standing
  const way = (through: readonly string[]) =>
    through.length === 0 ? words.directly : words.through(through.toReversed().map(nameOf))
  return (
    <Section title={words.title}>
      <p className="-mt-2 mb-3 text-[13px] text-muted">{words.note}</p>
      {standing.isPending && <Waiting rows={1} />}
      {standing.error !== null && (
        <ProblemNotice problem={problemOf(standing.error)} retry={() => void standing.refetch()} />
      )}
      {standing.isSuccess && roles.length + groups.length === 0 && <p className="text-muted">{words.none}</p>}
      {groups.length > 0 && (
        <Lines title={words.groups}>
          {groups.map(({ id, through, expiresAt }) => (
            <Line key={id} name={nameOf(id)} note={way(through)} until={expiresAt} />
          ))}
        </Lines>
      )}
      {roles.length > 0 && (
        <Lines title={words.roles}>
          {roles.map(({ name, by, through, expiresAt }) => (
            <Line
              key={name}
              name={name}
              note={by === name ? way(through) : `${words.by(by)}, ${way(through)}`}
              until={expiresAt}
            />
          ))}
        </Lines>
      )}
      {mayAsk && (
        <Link
          to="/access/what"
          search={{ subject }}
          className="mt-3 inline-block font-medium text-link underline-offset-2 hover:underline"
        >
          {words.ask}
        </Link>
      )}
    </Section>
  )
}

const Lines = ({ title, children }: { title: string; children: ReactNode }) => (
  <div className="mt-3">
    <h3 className="mb-1.5 text-[13px] font-medium text-muted">{title}</h3>
    <ul aria-label={title} className="divide-y divide-line rounded-lg border border-line">
      {children}
    </ul>
  </div>
)

const Line = ({ name, note, until }: { name: string; note: string; until: string | null }) => (
  <li className="px-4 py-2.5">
    <p className="font-medium break-all">{name}</p>
    <p className="text-[13px] break-words text-muted">
      {note}
      {until !== null && (
        <>
          , {accessTexts.ends} <Moment at={until} />
        </>
      )}
    </p>
  </li>
)
