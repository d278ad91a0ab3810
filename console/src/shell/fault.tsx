import type { ReactNode } from 'react'
import { problemOf } from '../api/problem.ts'
import { buttonClass } from '../parts/button.tsx'
import { texts } from '../texts.ts'

/** Where a page failed as a whole: while it was fetched, or while it was drawn. */
export function Fault({ error }: { error: unknown }) {
  const { title, help, requestId } = problemOf(error)
  return (
    <Lost title={texts.fault.title} help={`${title} ${help}`}>
      {requestId !== null && <p className="mt-2 font-mono text-xs text-muted">{texts.common.requestId(requestId)}</p>}
      <button type="button" className={`mt-6 ${buttonClass()}`} onClick={() => window.location.reload()}>
        {texts.fault.reload}
      </button>
    </Lost>
  )
}

/** Where an address leads nowhere. */
export function Missing() {
  return (
    <Lost title={texts.fault.missingTitle} help={texts.fault.missingHelp}>
      <a href="/" className={`mt-6 ${buttonClass()}`}>
        {texts.fault.toHome}
      </a>
    </Lost>
  )
}

function Lost(props: { title: string; help: string; children: ReactNode }) {
  return (
    <main className="mx-auto flex max-w-md flex-col items-center px-6 pt-[18vh] pb-12 text-center">
      <title>{texts.shell.pageTitle(props.title)}</title>
      <h1 tabIndex={-1} className="text-xl font-semibold tracking-tight">
        {props.title}
      </h1>
      <p className="mt-2 text-muted">{props.help}</p>
      {props.children}
    </main>
  )
}
