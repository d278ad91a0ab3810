import type { ReactNode } from 'react'
import { texts } from '../texts.ts'

/** One page: its question, the answer in a sentence, then what stands behind it. */
export function Page(props: {
  title: string
  /** The answer; absent while it is not known yet. Its place is kept. */
  answer?: ReactNode
  note?: ReactNode
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <>
      <title>{texts.shell.pageTitle(props.title)}</title>
      <header className="flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
        <div className="min-w-0 grow basis-80">
          <h1 tabIndex={-1} className="text-[13px]/5 font-medium text-muted">
            {props.title}
          </h1>
          <p className="mt-1 min-h-8 max-w-[34em] text-[22px]/8 font-semibold tracking-[-0.015em] text-balance">
            {props.answer}
          </p>
          {props.note !== undefined && <div className="mt-1.5 max-w-[44em] text-muted">{props.note}</div>}
        </div>
        {props.actions !== undefined && <div className="flex gap-2">{props.actions}</div>}
      </header>
      <div className="mt-8 space-y-10">{props.children}</div>
    </>
  )
}

/** A part of a page under its own heading. */
export function Section(props: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section>
      <div className="mb-3 flex items-baseline justify-between gap-4">
        <h2 className="text-[15px] font-semibold">{props.title}</h2>
        {props.aside}
      </div>
      {props.children}
    </section>
  )
}

/** A list has nothing to show: why, and what to do about it. */
export function Empty(props: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <div className="rounded-lg border border-dashed border-edge px-6 py-10 text-center">
      <p className="font-medium">{props.title}</p>
      {props.children !== undefined && <p className="mx-auto mt-1 max-w-[36em] text-muted">{props.children}</p>}
      {props.action !== undefined && <div className="mt-4 flex justify-center">{props.action}</div>}
    </div>
  )
}

/** Keeps the place of a list that is on its way. Shows itself only where that takes longer than a blink. */
export function Waiting({ rows }: { rows: number }) {
  return (
    <div role="status" className="animate-appear divide-y divide-line rounded-lg border border-line">
      <span className="sr-only">{texts.common.loading}</span>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are alike and never move
        <div key={row} className="flex h-16 items-center gap-4 px-4">
          <div className="size-8 rounded-md bg-hover" />
          <div className="grow space-y-2">
            <div className="h-3 w-2/5 rounded bg-hover" />
            <div className="h-2.5 w-1/4 rounded bg-hover" />
          </div>
        </div>
      ))}
    </div>
  )
}
