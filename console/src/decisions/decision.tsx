import type { LoggedDecision } from '@custodia/wire/http/decisions.ts'
import { useSuspenseQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { meQuery } from '../api/queries.ts'
import { Badge } from '../parts/badge.tsx'
import { Code } from '../parts/code.tsx'
import { CheckIcon, ChevronIcon, StopIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { exactTime } from '../parts/time.ts'
import { decisionTexts } from '../texts-of-decisions.ts'
import type { AddressFilter } from './filter.ts'

/** One decision: a line, and when opened what decided. @param name of whoever asked, or their id. */
export function Decision(props: { decision: LoggedDecision; name: string; open: boolean; onToggle: () => void }) {
  const { decision, open } = props
  const detailsId = `decision-${decision.id}`
  const allowed = decision.decision === 'allow'
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={detailsId}
        onClick={props.onToggle}
        className={`grid w-full grid-cols-[16px_minmax(0,1fr)_auto] items-center gap-x-3 px-4 py-2.5 text-left hover:bg-hover ${open ? 'bg-hover' : ''}`}
      >
        <ChevronIcon className={`text-faint transition-transform duration-100 ${open ? 'rotate-90' : ''}`} />
        <span className="min-w-0">
          <span className="block truncate">{props.name}</span>
          <span className="block truncate font-mono text-[12px] text-muted">{decision.action}</span>
        </span>
        <span className="flex flex-col items-end gap-0.5 text-[13px] whitespace-nowrap text-muted">
          <Badge tone={allowed ? 'good' : 'bad'} icon={allowed ? <CheckIcon /> : <StopIcon />}>
            {decisionTexts.decided[decision.decision]}
          </Badge>
          <Moment at={decision.at} />
        </span>
      </button>
      {open && (
        <div id={detailsId} className="border-t border-line bg-sunken px-4 py-5 sm:pr-6 sm:pl-11">
          <Details decision={decision} name={props.name} />
        </div>
      )}
    </li>
  )
}

function Details({ decision, name }: { decision: LoggedDecision; name: string }) {
  const { data: me } = useSuspenseQuery(meQuery)
  const { fields } = decisionTexts
  const { principal, resource } = decision
  return (
    <dl className="grid gap-x-6 gap-y-1 sm:grid-cols-[10rem_minmax(0,1fr)]">
      <Fact name={fields.why}>{decisionTexts.reasons[decision.reason] ?? decision.reason}</Fact>
      <Fact name={fields.policies}>
        {decision.policies.length === 0 ? decisionTexts.noPolicy : <Ids ids={decision.policies} />}
      </Fact>
      {decision.errors.length > 0 && (
        <Fact name={fields.errors}>
          <Ids ids={decision.errors} />
        </Fact>
      )}
      <Fact name={fields.version}>
        {decision.policyVersion > 0 && me.permissions.includes('access:policies:read') ? (
          <Link
            to="/policies"
            search={{ version: String(decision.policyVersion) }}
            className="text-link underline-offset-2 hover:underline"
          >
            {decisionTexts.version(decision.policyVersion)}
          </Link>
        ) : (
          decisionTexts.version(decision.policyVersion)
        )}
      </Fact>
      <Fact name={fields.latency}>{decisionTexts.latency(decision.latencyMicroseconds)}</Fact>
      <Fact name={fields.at}>{exactTime(decision.at)}</Fact>
      <Fact name={fields.principal} only={{ principal: principal.id }}>
        {name !== principal.id && <span className="block">{name}</span>}
        <Code text={principal.id} label={decisionTexts.copy} />
      </Fact>
      <Fact name={fields.action} only={{ action: decision.action }}>
        <code className="font-mono text-[12.5px] break-all">{decision.action}</code>
      </Fact>
      <Fact name={fields.resource}>
        {resource === null ? (
          decisionTexts.organisation
        ) : (
          <Code text={`${resource.type}/${resource.id}`} copies={resource.id} label={decisionTexts.copy} />
        )}
      </Fact>
      <Fact name={fields.network}>{decision.network ?? decisionTexts.unknownNetwork}</Fact>
      <Fact name={fields.revision}>{decision.revision}</Fact>
      <Fact name={fields.id}>
        <Code text={decision.id} label={decisionTexts.copy} />
      </Fact>
    </dl>
  )
}

const Ids = ({ ids }: { ids: readonly string[] }) => (
  <ul>
    {ids.map((id) => (
      <li key={id} className="font-mono text-[12.5px] break-all">
        {id}
      </li>
    ))}
  </ul>
)

function Fact({ name, only, children }: { name: string; only?: AddressFilter; children: ReactNode }) {
  return (
    <>
      <dt className="py-0.5 text-[13px] text-muted max-sm:mt-1.5">{name}</dt>
      <dd className="flex min-w-0 flex-wrap items-start gap-x-3 py-0.5">
        <span className="min-w-0">{children}</span>
        {only !== undefined && (
          <Link
            to="/decisions"
            search={only}
            aria-label={decisionTexts.onlyLabel(Object.values(only).join(' '))}
            className="text-[13px] text-link underline-offset-2 hover:underline"
          >
            {decisionTexts.only}
          </Link>
        )}
      </dd>
    </>
  )
}
