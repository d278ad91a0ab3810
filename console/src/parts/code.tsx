import { useEffect, useState } from 'react'
import { texts } from '../texts.ts'
import { CheckIcon, CopyIcon } from './icons.tsx'

/** Copies, and says that it did. */
export function CopyButton({ text, label, className = '' }: { text: string; label: string; className?: string }) {
  const [state, setState] = useState<'idle' | 'done' | 'failed'>('idle')
  useEffect(() => {
    if (state === 'idle') return
    const timer = setTimeout(() => setState('idle'), 2000)
    return () => clearTimeout(timer)
  }, [state])
  const copy = () => {
    // The clipboard exists on secure addresses only.
    const done = navigator.clipboard?.writeText(text) ?? Promise.reject()
    done.then(
      () => setState('done'),
      () => setState('failed'),
    )
  }
  const words = { idle: label, done: texts.common.copied, failed: texts.common.copyFailed }[state]
  return (
    <button
      type="button"
      onClick={copy}
      aria-label={words}
      title={words}
      className={`inline-flex size-6 shrink-0 items-center justify-center rounded text-faint hover:bg-hover hover:text-ink ${className}`}
    >
      {state === 'done' ? <CheckIcon className="text-good" /> : <CopyIcon />}
      <span role="status" className="sr-only">
        {state === 'idle' ? '' : words}
      </span>
    </button>
  )
}

/**
 * An identifier or a hash, whole, with a button that copies it.
 *
 * @param copies what is copied, where that is not what is shown.
 */
export function Code({ text, label, copies = text }: { text: string; label: string; copies?: string }) {
  return (
    <span className="inline-flex max-w-full items-start gap-1">
      <code className="min-w-0 py-0.5 font-mono text-[12.5px] break-all">{text}</code>
      <CopyButton text={copies} label={label} />
    </span>
  )
}
