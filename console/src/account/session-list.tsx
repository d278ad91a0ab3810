import type { Session } from '@custodia/wire/http/sessions.ts'
import type { ReactNode } from 'react'
import { Badge } from '../parts/badge.tsx'
import { DesktopIcon, PhoneIcon, WarningIcon } from '../parts/icons.tsx'
import { Moment } from '../parts/moment.tsx'
import { texts } from '../texts.ts'
import { securityTexts } from '../texts-of-security.ts'
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
                {session.assurance !== undefined && (
                  <Badge tone="plain">{securityTexts.sessions.assurance[session.assurance]}</Badge>
                )}
                {session.bound === true && <Badge tone="plain">{securityTexts.sessions.bound}</Badge>}
              </p>
              <p className="mt-0.5 flex flex-wrap gap-x-3 text-[13px] text-muted">
                <span className={session.address === '' ? '' : 'font-mono text-[12.5px]'}>{addressOf(session)}</span>
                {session.place?.country != null && <span>{session.place.country}</span>}
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
              <Troubles session={session} />
            </div>
            {props.action(session)}
          </li>
        )
      })}
    </ul>
  )
}

/** What its owner should look at. */
function Troubles({ session: { drift, held } }: { session: Session }) {
  const words = securityTexts.sessions
  return (
    <>
      {drift != null && (
        <p className="mt-0.5 text-[13px] text-muted">
          {words.drift} {drift.changed.map((what) => words.changed[what] ?? what).join(', ')}, <Moment at={drift.at} />
        </p>
      )}
      {held != null && (
        <p className="mt-1 flex gap-1.5 text-[13px] text-bad">
          <WarningIcon className="mt-0.5" />
          <span>{words.held}</span>
        </p>
      )}
    </>
  )
}
