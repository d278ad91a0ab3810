import { useState } from 'react'
import { Button } from '../parts/button.tsx'
import { Notice } from '../parts/notice.tsx'
import { texts } from '../texts.ts'
import { securityTexts } from '../texts-of-security.ts'

/**
 * Recovery codes, the only time that they are shown: copied, saved or printed, and left only by somebody who says that
 * they have them.
 */
export function RecoveryCodes({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  const [kept, keep] = useState(false)
  const [copied, setCopied] = useState<'done' | 'failed' | null>(null)
  const copy = () => {
    // The clipboard exists on secure addresses only.
    const done = navigator.clipboard?.writeText(codes.join('\n')) ?? Promise.reject()
    done.then(
      () => setCopied('done'),
      () => setCopied('failed'),
    )
  }
  return (
    <div className="max-w-md space-y-5">
      <ul
        aria-label={securityTexts.codes.list}
        className="print-alone grid grid-cols-2 gap-x-6 gap-y-1.5 rounded-lg border border-line bg-sunken p-4 font-mono text-[13px] max-[359px]:grid-cols-1"
      >
        {codes.map((code) => (
          <li key={code} className="break-all">
            {code}
          </li>
        ))}
      </ul>
      <div className="flex flex-wrap gap-2">
        <Button onClick={copy}>{securityTexts.codes.copy}</Button>
        <Button onClick={() => download(codes)}>{securityTexts.codes.download}</Button>
        <Button onClick={() => window.print()}>{securityTexts.codes.print}</Button>
        <span role="status" className="self-center text-[13px] text-muted">
          {copied === 'done' && texts.common.copied}
          {copied === 'failed' && texts.common.copyFailed}
        </span>
      </div>
      <label className="flex gap-3">
        <input
          type="checkbox"
          className="mt-0.5 size-4 shrink-0 accent-accent"
          checked={kept}
          onChange={(event) => keep(event.target.checked)}
        />
        {securityTexts.codes.kept}
      </label>
      <Button look="primary" disabled={!kept} onClick={onDone}>
        {securityTexts.codes.done}
      </Button>
    </div>
  )
}

/** What has to be read before the codes are gone. */
export function CodesNote() {
  return <Notice kind="warn" title={securityTexts.codes.note} />
}

function download(codes: readonly string[]): void {
  const text = `${securityTexts.codes.fileHead(window.location.host)}\n\n${codes.join('\n')}\n`
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = securityTexts.codes.fileName
  link.click()
  URL.revokeObjectURL(url)
}
