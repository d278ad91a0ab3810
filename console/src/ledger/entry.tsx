import type { LedgerEntry } from '@custodia/wire/http/ledger.ts'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Code } from '../parts/code.tsx'
import { ChevronIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { exactTime } from '../parts/time.ts'
import { texts } from '../texts.ts'
import type { AddressFilter } from './filter.ts'
import { Proof } from './proof.tsx'

/** One entry: a line, and when opened everything that is known of it. */
export function Entry(props: { entry: LedgerEntry; myId: string; open: boolean; onToggle: () => void }) {
  const { entry, open } = props
  const detailsId = `entry-${entry.id}`
  return (
    <li>
      <button
        type="button"
        aria-expanded={open}
        aria-controls={detailsId}
        onClick={props.onToggle}
        className={`grid w-full grid-cols-[16px_minmax(0,1fr)_auto] items-baseline gap-x-3 px-4 py-2.5 text-left hover:bg-hover ${open ? 'bg-hover' : ''}`}
      >
        <ChevronIcon
          className={`self-center text-faint transition-transform duration-100 ${open ? 'rotate-90' : ''}`}
        />
        <span className="min-w-0">
          <span className="block truncate">
            {entry.summary}{' '}
            <span className="text-muted">
              {texts.ledger.by} {actorName(entry, props.myId)}
            </span>
          </span>
          <span className="block truncate font-mono text-[12px] text-muted">{entry.type}</span>
        </span>
        <span className="text-right text-[13px] whitespace-nowrap text-muted">
          <Moment at={entry.at} className="block" />
          <span className="block text-xs">{entry.index === null ? texts.ledger.pending : `#${entry.index}`}</span>
        </span>
      </button>
      {open && (
        <div id={detailsId} className="border-t border-line bg-sunken px-4 py-5 sm:pr-6 sm:pl-11">
          <Details entry={entry} />
        </div>
      )}
    </li>
  )
}

function actorName(entry: LedgerEntry, myId: string): string {
  const { kind, id } = entry.actor
  if (id === null) return texts.ledger.actors[kind] ?? kind
  if (id === myId) return texts.ledger.actors.you ?? id
  return id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id
}

function Details({ entry }: { entry: LedgerEntry }) {
  const { fields } = texts.ledger
  return (
    <div className="space-y-6">
      <dl className="grid gap-x-6 gap-y-1 sm:grid-cols-[7rem_minmax(0,1fr)]">
        <Fact name={fields.at}>{exactTime(entry.at)}</Fact>
        <Fact name={fields.type} only={{ type: entry.type }}>
          <code className="font-mono text-[12.5px] break-all">{entry.type}</code>
        </Fact>
        <Fact name={fields.actor} {...(entry.actor.id !== null && { only: { actor: entry.actor.id } })}>
          {entry.actor.id === null ? (
            (texts.ledger.actors[entry.actor.kind] ?? entry.actor.kind)
          ) : (
            <Code text={entry.actor.id} label={texts.ledger.copy} />
          )}
        </Fact>
        {entry.subjectId !== null && (
          <Fact name={fields.subject} only={{ subject: entry.subjectId }}>
            <Code text={entry.subjectId} label={texts.ledger.copy} />
          </Fact>
        )}
        <Fact name={fields.id}>
          <Code text={entry.id} label={texts.ledger.copy} />
        </Fact>
        <Fact name={fields.data}>
          <Values values={entry.data} />
        </Fact>
        {entry.personal !== null && (
          <Fact name={fields.personal}>
            <Values values={entry.personal} />
          </Fact>
        )}
      </dl>
      <details>
        <summary className="w-fit text-[13px] font-medium text-link">{fields.body}</summary>
        <div className="mt-2 rounded-md border border-line bg-canvas p-3">
          <Code text={entry.body} label={texts.ledger.copy} />
        </div>
      </details>
      <Proof entry={entry} />
    </div>
  )
}

function Fact({ name, only, children }: { name: string; only?: AddressFilter; children: ReactNode }) {
  return (
    <>
      <dt className="py-0.5 text-[13px] text-muted max-sm:mt-1.5">{name}</dt>
      <dd className="flex min-w-0 flex-wrap items-start gap-x-3 py-0.5">
        <span className="min-w-0">{children}</span>
        {only !== undefined && (
          <Link
            to="/ledger"
            search={only}
            aria-label={texts.ledger.onlyLabel(Object.values(only).join(' '))}
            className="text-[13px] text-link underline-offset-2 hover:underline"
          >
            {texts.ledger.only}
          </Link>
        )}
      </dd>
    </>
  )
}

function Values({ values }: { values: Readonly<Record<string, unknown>> }) {
  const entries = Object.entries(values)
  if (entries.length === 0) return <span className="text-muted">{texts.ledger.noData}</span>
  return (
    <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-0.5 font-mono text-[12.5px]">
      {entries.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="break-all whitespace-pre-wrap">
            {typeof value === 'string' ? value : JSON.stringify(value, null, 1)}
          </dd>
        </div>
      ))}
    </dl>
  )
}
