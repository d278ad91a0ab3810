import type { ReactNode, Ref } from 'react'
import { useId, useImperativeHandle, useRef } from 'react'
import { policyTexts } from '../texts-of-policies.ts'
import { lineCount, rangeOfLine } from './lines.ts'

/** What somebody outside can ask of the editor. */
export type TextEditorHandle = { goTo(line: number): void }

const linePx = 20

/**
 * A text with its lines numbered. The field is as tall as its text, and the box around it scrolls both: the numbers need no script to follow.
 *
 * @param faulty lines that something is wrong with. @param onChange absent where the text is only read.
 */
export function TextEditor(props: {
  text: string
  faulty: ReadonlySet<number>
  onChange?: (text: string) => void
  ref?: Ref<TextEditorHandle>
}) {
  const id = useId()
  const box = useRef<HTMLDivElement>(null)
  const area = useRef<HTMLTextAreaElement>(null)
  useImperativeHandle(props.ref, () => ({
    goTo(line) {
      if (box.current === null || area.current === null) return
      area.current.focus({ preventScroll: true })
      area.current.setSelectionRange(...rangeOfLine(area.current.value, line))
      box.current.scrollTop = Math.max(0, (line - 3) * linePx)
      box.current.scrollIntoView({ block: 'nearest' })
    },
  }))
  const lines = Math.max(lineCount(props.text), 12)
  return (
    <div>
      <label htmlFor={id} className="mb-1.5 block font-medium">
        {policyTexts.text}
      </label>
      <div
        ref={box}
        className="flex max-h-[34rem] overflow-y-auto rounded-md border border-control/70 bg-raised shadow-control focus-within:outline-2 focus-within:outline-link"
      >
        <pre
          aria-hidden="true"
          className="h-fit shrink-0 border-r border-line bg-sunken px-2 py-2 text-right font-mono text-[12.5px]/5 text-muted select-none"
        >
          {numbers(lines, props.faulty)}
        </pre>
        <textarea
          ref={area}
          id={id}
          wrap="off"
          rows={lines}
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          autoComplete="off"
          maxLength={262_144}
          readOnly={props.onChange === undefined}
          aria-describedby={`${id}-note`}
          aria-invalid={props.faulty.size > 0}
          value={props.text}
          onChange={(event) => props.onChange?.(event.target.value)}
          className="h-fit min-w-0 grow resize-none overflow-x-auto overflow-y-hidden bg-transparent px-3 py-2 font-mono text-[12.5px]/5 whitespace-pre focus-visible:outline-none"
        />
      </div>
      <p id={`${id}-note`} className="mt-1 text-[13px] text-muted">
        {policyTexts.textHint}
      </p>
    </div>
  )
}

/** `1` to `lines`, one under the other; a faulty one has a mark, not a colour alone. */
function numbers(lines: number, faulty: ReadonlySet<number>): ReactNode[] {
  const parts: ReactNode[] = []
  let plain = ''
  for (let line = 1; line <= lines; line++) {
    if (!faulty.has(line)) plain += `${line}\n`
    else {
      parts.push(plain, <span key={line} className="font-semibold text-bad">{`! ${line}\n`}</span>)
      plain = ''
    }
  }
  return [...parts, plain]
}
