import type { Session } from '@custodia/wire/http/sessions.ts'
import type { ReactNode } from 'react'
import { Badge } from '../parts/badge.tsx'
import { DesktopIcon, PhoneIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { texts } from '../texts.ts'
import { inOrder } from './session-order.ts'

/** How a session is called where a person reads of it. */
export const deviceOf = (session: Session) => session.device || texts.sessions.unknownDevice
export const addressOf = (session: Session) => session.address || texts.sessions.unknownAddress

/** Sessions, each with what can be done to it. */
export function SessionList(props: { sessions: readonly Session[]; action: (session: Session) => ReactNode }) {
  return (
    <ul className="divide-y divide-line rounded-lg border border-line">
      {inOrder(props.sessions).map((session) => {
        const Icon = /android|iphone|ipad|phone/i.test(session.device) ? PhoneIcon : DesktopIcon
        return (
          <li key={session.id} className="flex items-start gap-3.5 px-4 py-3.5">
            <span className="mt-0.5 flex size-8 shrink-0 items-center justify-center rounded-md bg-hover text-muted">
              <Icon />
            </span>
            <div className="min-w-0 grow">
              <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <span className="font-medium">{deviceOf(session)}</span>
                {session.current && <Badge tone="accent">{texts.sessions.current}</Badge>}
              </p>
              <p className="mt-0.5 flex flex-wrap gap-x-3 text-[13px] text-muted">
                <span className={session.address === '' ? '' : 'font-mono text-[12.5px]'}>{addressOf(session)}</span>
                <span>
                  {texts.sessions.lastUsed} <Moment at={session.lastUsedAt} />
                </span>
                <span>
                  {texts.sessions.until} <Moment at={session.expiresAt} />
                </span>
              </p>
              {session.applications.length > 0 && (
                <p className="mt-0.5 text-[13px] break-words text-muted">
                  {texts.sessions.reaches} {session.applications.join(', ')}
                </p>
              )}
            </div>
            {props.action(session)}
          </li>
        )
      })}
    </ul>
  )
}
