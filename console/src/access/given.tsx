import { Moment } from '../parts/moment.tsx'
import { accessTexts } from '../texts-of-access.ts'

/** Until when something was given, by whom and why. */
export function Given(props: {
  until: string | null
  by: string | null
  reason: string | null
  nameOf: (id: string) => string
}) {
  return (
    <div className="text-[13px] text-muted">
      <p>
        {props.until === null ? (
          accessTexts.forGood
        ) : (
          <>
            {accessTexts.ends} <Moment at={props.until} />
          </>
        )}
        {props.by !== null && <span className="break-all">, {accessTexts.by(props.nameOf(props.by))}</span>}
      </p>
      <p className="break-words">{props.reason ?? accessTexts.noReason}</p>
    </div>
  )
}
