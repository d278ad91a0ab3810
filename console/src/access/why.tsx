import type { Explained } from '@custodia/wire/http/relations.ts'
import { useQuery, useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { problemOf } from '../api/problem.ts'
import { meQuery } from '../api/queries.ts'
import { Badge } from '../parts/badge.tsx'
import { CheckIcon, StopIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/notice.tsx'
import { Waiting } from '../parts/page.tsx'
import { exactTime } from '../parts/time.ts'
import { whyTexts } from '../texts-of-access-why.ts'
import { useNames } from './names.ts'
import type { Asked, Way } from './why-path.ts'
import { waysOf } from './why-path.ts'
import { nameOfPlace, WayPicture } from './why-picture.tsx'
import { explainQuery, standingQuery } from './why-queries.ts'

/** Why somebody may do something, or why not: what decided, by which way, and what is missing. */
export function Why({ asked }: { asked: Asked }) {
  const { data: me } = useSuspenseQuery(meQuery)
  const maySeeStanding = me.permissions.includes('access:assignments:read')
  const explained = useQuery(explainQuery(asked))
  const standing = useQuery({ ...standingQuery(asked.subject.id), enabled: maySeeStanding })
  const nameOf = useNames()
  if (explained.error !== null)
    return <ProblemNotice problem={problemOf(explained.error)} retry={() => void explained.refetch()} />
  if (explained.isPending || (maySeeStanding && standing.isPending)) return <Waiting rows={2} />
  const { data } = explained
  const ways = waysOf(asked, data, standing.data ?? null)
  return (
    <div className="space-y-6">
      <p className="flex flex-wrap items-center gap-2.5">
        <Badge tone={data.decision ? 'good' : 'bad'} icon={data.decision ? <CheckIcon /> : <StopIcon />}>
          {whyTexts.decided[data.decision ? 'allow' : 'deny']}
        </Badge>
        <span>{whyTexts.reasons[data.reason] ?? data.reason}</span>
      </p>
      {ways.map((way, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: ways have no other name
        <WayFigure key={at} way={way} number={at + 1} of={ways.length} nameOf={nameOf} />
      ))}
      <Facts explained={data} maySeePolicies={me.permissions.includes('access:policies:read')} />
    </div>
  )
}

function WayFigure(props: { way: Way; number: number; of: number; nameOf: (id: string) => string }) {
  const { way, nameOf } = props
  const { outcome } = way
  const title = outcome === 'permits' ? whyTexts.ways.permits(props.number, props.of) : whyTexts.ways[outcome]
  return (
    <figure>
      <figcaption className="mb-2 font-medium">{title}</figcaption>
      <div className="grid items-start gap-x-8 gap-y-3 md:grid-cols-[minmax(0,320px)_minmax(0,1fr)]">
        <WayPicture way={way} nameOf={nameOf} />
        <ol aria-label={whyTexts.steps} className="list-decimal space-y-1 pl-5 marker:text-muted">
          {way.places.map((place, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its number
            <Step key={at} kind={whyTexts.kinds[place.kind]} name={nameOfPlace(place, nameOf)} />
          ))}
        </ol>
      </div>
    </figure>
  )
}

const Step = ({ kind, name }: { kind: string; name: string | null }) => (
  <li>
    <span className="text-muted">{kind}</span>
    {name !== null && (
      <>
        {' '}
        <span className="font-medium break-all">{name}</span>
      </>
    )}
  </li>
)

function Facts({ explained, maySeePolicies }: { explained: Explained; maySeePolicies: boolean }) {
  const { fields } = whyTexts
  const { decision, policies, errors, policyVersion, until, unmet, wouldGrant, roles, considered } = explained
  return (
    <dl className="grid gap-x-6 gap-y-1 sm:grid-cols-[11rem_minmax(0,1fr)]">
      {policies.length > 0 && <Names name={fields.decidedBy} names={policies} />}
      {errors.length > 0 && <Names name={fields.errors} names={errors} />}
      {unmet !== null && <Fact name={fields.unmet}>{whyTexts.list(wordsOf(unmet))}</Fact>}
      {until !== null && (
        <Fact name={fields.ends}>
          <Moment at={until} />
        </Fact>
      )}
      {!decision && <Names name={fields.wouldRoles} names={wouldGrant.roles} />}
      {!decision && <Names name={fields.wouldRelations} names={wouldGrant.relations} />}
      <Names name={fields.roles} names={roles} />
      <Fact name={fields.version}>
        {policyVersion > 0 && maySeePolicies ? (
          <Link
            to="/policies"
            search={{ version: String(policyVersion) }}
            className="text-link underline underline-offset-2"
          >
            {whyTexts.version(policyVersion)}
          </Link>
        ) : (
          whyTexts.version(policyVersion)
        )}
      </Fact>
      {considered !== null && <Names name={fields.considered} names={considered} />}
    </dl>
  )
}

function wordsOf({ names, assurance, notBefore }: NonNullable<Explained['unmet']>): readonly string[] {
  return names.map((name) => {
    if (name === 'time') return whyTexts.unmet.time(notBefore === undefined ? null : exactTime(notBefore))
    if (name === 'assurance') return whyTexts.unmet.assurance(assurance ?? null)
    return name === 'network' ? whyTexts.unmet.network : name
  })
}

const Names = ({ name, names }: { name: string; names: readonly string[] }) => (
  <Fact name={name}>
    {names.length === 0 ? (
      whyTexts.none
    ) : (
      <ul>
        {names.map((one) => (
          <li key={one} className="font-mono text-[12.5px] break-all">
            {one}
          </li>
        ))}
      </ul>
    )}
  </Fact>
)

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <>
    <dt className="py-0.5 text-[13px] text-muted max-sm:mt-1.5">{name}</dt>
    <dd className="min-w-0 py-0.5">{children}</dd>
  </>
)
