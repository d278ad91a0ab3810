import type { ActivityAssessment, ActivityPart } from '@custodia/wire/http/activity.ts'
import { activityTexts } from '../texts-of-activity.ts'
import { featureWords, leanWords, valueWords, weightOf } from './words.ts'

/** What a score is made of: each part with its value, a bar to the left or right, and the same in words. */
export function ScoreParts({ assessment, own }: { assessment: ActivityAssessment; own: boolean }) {
  const { score, parts } = assessment
  return (
    <div className="space-y-2">
      {score !== null && (
        <p>
          <span className="text-muted">{activityTexts.score}</span>{' '}
          <span className="font-mono text-[12.5px]">{score.toFixed(2)}</span>
          <span className="block text-[13px] text-muted">{activityTexts.scoreNote}</span>
        </p>
      )}
      <p className="text-[13px] text-muted">{own ? activityTexts.partsNote.own : activityTexts.partsNote.theirs}</p>
      <ul aria-label={activityTexts.partsTitle} className="divide-y divide-line">
        {parts.map((part) => (
          <li key={part.feature} className="flex flex-wrap items-center gap-x-3 gap-y-0.5 py-1.5">
            <span className="grow basis-36">
              {featureWords(part)} <span className="text-muted">{valueWords(part)}</span>
            </span>
            <Bar part={part} />
            <span className="basis-40 text-[13px] text-muted">{leanWords(part)}</span>
          </li>
        ))}
      </ul>
    </div>
  )
}

const middle = 48
const perPower = 15

/** The words beside it say the same. */
function Bar({ part }: { part: ActivityPart }) {
  const length = weightOf(part) * perPower
  return (
    <svg viewBox="0 0 96 12" aria-hidden="true" className="h-3 w-24 shrink-0">
      <path d={`M${middle} 0V12`} strokeWidth="1" className="stroke-edge" />
      <rect
        x={Math.min(middle, middle + length)}
        y="3"
        width={Math.abs(length)}
        height="6"
        className={length > 0 ? 'fill-warn' : 'fill-good'}
      />
    </svg>
  )
}
