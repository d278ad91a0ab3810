import type { ComponentProps } from 'react'
import { lazy, Suspense } from 'react'

// The library for dialogues is a fifth of a page's script and no page opens with one: it comes when one is opened.
const LazyWindow = lazy(async () => ({ default: (await import('./overlay-base.tsx')).Window }))
const LazySheet = lazy(async () => ({ default: (await import('./overlay-base.tsx')).Sheet }))
const LazyConfirm = lazy(async () => ({ default: (await import('./overlay-base.tsx')).Confirm }))

/** A small task in front of the page. Open for as long as it is mounted, as the others are. */
export function Window(props: ComponentProps<typeof LazyWindow>) {
  return (
    <Suspense>
      <LazyWindow {...props} />
    </Suspense>
  )
}

/** One thing of a list, beside the list. */
export function Sheet(props: ComponentProps<typeof LazySheet>) {
  return (
    <Suspense>
      <LazySheet {...props} />
    </Suspense>
  )
}

/** The question before an act that hurts. */
export function Confirm(props: ComponentProps<typeof LazyConfirm>) {
  return (
    <Suspense>
      <LazyConfirm {...props} />
    </Suspense>
  )
}
