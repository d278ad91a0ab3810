import type { ReactNode } from 'react'
import { texts } from '../texts.ts'
import { GateBrand, GateOrigin } from '../theme/brand.tsx'

/**
 * What stands before the sign-in: the logo or the mark, a heading, one form. It hangs from a fixed height, so that a message that
 * appears below moves nothing above it.
 */
export function Gate(props: { page: string; heading: string; note?: ReactNode; children?: ReactNode }) {
  return (
    <main className="mx-auto w-full max-w-[376px] px-5 pt-[clamp(40px,14vh,140px)] pb-12">
      <title>{texts.shell.pageTitle(props.page)}</title>
      <GateBrand />
      <h1 tabIndex={-1} className="mt-6 text-[22px]/7 font-semibold tracking-[-0.015em]">
        {props.heading}
      </h1>
      {props.note !== undefined && <div className="mt-1 text-muted">{props.note}</div>}
      <div className="mt-7">{props.children}</div>
      <GateOrigin />
    </main>
  )
}
