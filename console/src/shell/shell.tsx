import { useSuspenseQuery } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { meQuery } from '../api/queries.ts'
import { ConfirmDialog } from '../entrance/confirm-dialog.tsx'
import { texts } from '../texts.ts'
import { NarrowBar } from './narrow-bar.tsx'
import { Sidebar } from './sidebar.tsx'

/** What stands around every page of somebody who is signed in. */
export function Shell() {
  const { data: me } = useSuspenseQuery(meQuery)
  return (
    <div className="md:grid md:grid-cols-[232px_minmax(0,1fr)]">
      <button
        type="button"
        className="fixed top-2 left-2 z-20 -translate-y-16 rounded-md bg-accent px-3 py-2 font-medium text-on-accent focus:translate-y-0"
        onClick={() => document.getElementById('content')?.focus()}
      >
        {texts.shell.skip}
      </button>
      <aside className="sticky top-0 hidden h-dvh flex-col border-r border-line bg-sunken md:flex">
        <Sidebar me={me} />
      </aside>
      <NarrowBar me={me} />
      <main id="content" tabIndex={-1} className="min-w-0">
        <div className="mx-auto w-full max-w-[1040px] px-4 pt-6 pb-20 sm:px-8 md:px-10 md:pt-11">
          <Outlet />
        </div>
      </main>
      <ConfirmDialog email={me.user.email} />
    </div>
  )
}
