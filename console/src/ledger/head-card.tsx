import { Button } from '../parts/button.tsx'
import { Code } from '../parts/code.tsx'
import { Moment } from '../parts/moment.tsx'
import { texts } from '../texts.ts'
import type { HeadCheck } from './check-head.ts'
import { FindingLine } from './finding-line.tsx'
import { forget } from './remembered.ts'

/** What stands behind the answer: the signature, and how the checkpoint fits the one seen before. */
export function HeadCard(props: { head: HeadCheck; rememberedAt: string | null; onForget: () => void }) {
  const { checkpoint, signature, history, before } = props.head
  const reforget = () => {
    forget(window.localStorage)
    props.onForget()
  }
  return (
    <div className="grid gap-x-10 gap-y-5 rounded-lg border border-line px-5 pt-5 sm:grid-cols-2">
      <ol>
        <FindingLine code={signature}>
          {checkpoint !== null && (
            <div className="text-[13px]">
              <span className="text-muted">{texts.ledger.root}</span>
              <br />
              <Code text={checkpoint.root.toHex()} label={texts.ledger.copy} />
            </div>
          )}
          {signature === 'other-key' && (
            <Button size="small" onClick={reforget}>
              {texts.ledger.forget}
            </Button>
          )}
        </FindingLine>
      </ol>
      {history !== null && (
        <ol>
          <FindingLine code={history}>
            {before !== null && props.rememberedAt !== null && (
              <p className="text-[13px] text-muted">
                {texts.ledger.seenBefore(before.size)} <Moment at={props.rememberedAt} />
              </p>
            )}
          </FindingLine>
        </ol>
      )}
    </div>
  )
}
