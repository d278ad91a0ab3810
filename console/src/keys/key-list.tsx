import type { ApiKey } from '@custodia/wire/http/keys.ts'
import type { ReactNode } from 'react'
import { Badge } from '../parts/badge.tsx'
import { Moment } from '../parts/moment.tsx'
import { keyTexts } from '../texts-of-keys.ts'

/** How a key is called where a person reads of it. */
export const nameOf = (key: ApiKey) => key.name ?? keyTexts.unnamed

/** What whoever finds a key somewhere knows it by; nothing of its secret. */
const prefixOf = (environment: string, id: string) => `cus_${environment}_${id.slice(4, 12)}…`

/** Keys, each with what can be done to it. */
export function KeyList(props: { keys: readonly ApiKey[]; action: (key: ApiKey) => ReactNode }) {
  return (
    <ul className="divide-y divide-line rounded-lg border border-line">
      {props.keys.map((key) => (
        <li key={key.id} className="flex flex-wrap items-start justify-between gap-3 px-4 py-3.5">
          <div className="min-w-0 grow basis-64">
            <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <span className="font-medium break-words">{nameOf(key)}</span>
              {key.environment !== null && <Badge tone="plain">{key.environment}</Badge>}
              {key.requireSignature && <Badge tone="plain">{keyTexts.signed}</Badge>}
            </p>
            <p className="mt-0.5 font-mono text-[12.5px] break-all text-muted">{key.id}</p>
            {key.environment !== null && !key.requireSignature && (
              <p className="mt-0.5 text-[13px] text-muted">
                {keyTexts.begins} <span className="font-mono text-[12.5px]">{prefixOf(key.environment, key.id)}</span>
              </p>
            )}
            <p className="mt-0.5 flex flex-wrap gap-x-3 text-[13px] text-muted">
              <span>
                {keyTexts.expires} {key.expiresAt === null ? keyTexts.never : <Moment at={key.expiresAt} />}
              </span>
              <span>
                {key.lastUsedAt === null ? (
                  keyTexts.unused
                ) : (
                  <>
                    {keyTexts.used} <Moment at={key.lastUsedAt} />
                  </>
                )}
              </span>
              {key.requestsPerMinute !== null && <span>{keyTexts.perMinute(key.requestsPerMinute)}</span>}
              {key.networks.length > 0 && (
                <span className="break-all">
                  {keyTexts.from} {key.networks.join(', ')}
                </span>
              )}
            </p>
            {key.overlapUntil !== null && (
              <p className="mt-0.5 text-[13px] text-muted">
                {keyTexts.overlap} <Moment at={key.overlapUntil} />
              </p>
            )}
            {key.scopes !== null && (
              <p className="mt-0.5 text-[13px] break-words text-muted">
                {keyTexts.may} <span className="font-mono text-[12.5px]">{key.scopes.join(', ')}</span>
              </p>
            )}
          </div>
          {props.action(key)}
        </li>
      ))}
    </ul>
  )
}
