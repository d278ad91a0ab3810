import { useSyncExternalStore } from 'react'
import { exactTime, relativeTime } from './time.ts'

const stepMs = 20_000
const listeners = new Set<() => void>()
let nowMs = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function tick() {
  nowMs = Date.now()
  for (const listener of listeners) listener()
}

/** One timer for every moment on the page; none while there is no moment. */
function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    timer = setInterval(tick, stepMs)
    nowMs = Date.now()
  }
  listeners.add(listener)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) clearInterval(timer)
  }
}

/** An instant in words that stay true, with the exact time in its title. */
export function Moment({ at, className }: { at: string; className?: string }) {
  const now = useSyncExternalStore(subscribe, () => nowMs)
  return (
    <time dateTime={at} title={exactTime(at)} className={className}>
      {relativeTime(at, Math.max(now, 0))}
    </time>
  )
}
