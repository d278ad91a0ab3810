import type { Me } from '@custodia/wire/http/identity.ts'
import { useRef } from 'react'
import { CloseIcon, MenuIcon } from '../parts/icons.tsx'
import { texts } from '../texts.ts'
import { useTheme } from '../theme/theme.ts'
import { Sidebar } from './sidebar.tsx'

const round = 'flex size-10 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink'

/** On narrow screens the sidebar waits behind a button, in the browser's own modal dialogue. */
export function NarrowBar({ me }: { me: Me }) {
  const theme = useTheme()
  const drawer = useRef<HTMLDialogElement>(null)
  const close = () => drawer.current?.close()
  return (
    <header className="sticky top-0 z-10 flex h-14 items-center gap-2 border-b border-line bg-canvas px-2 md:hidden">
      <button
        type="button"
        aria-label={texts.shell.openNavigation}
        onClick={() => drawer.current?.showModal()}
        className={round}
      >
        <MenuIcon className="size-5" />
      </button>
      <span className="truncate font-semibold">{theme.name ?? me.organisation.name}</span>
      {/* A press beside the drawer lands on the dialogue itself; Escape closes it without our help. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard has Escape and the close button */}
      <dialog
        ref={drawer}
        aria-label={texts.shell.navigation}
        onClick={(event) => event.target === event.currentTarget && close()}
        className="fixed inset-y-0 left-0 m-0 h-dvh max-h-none w-72 max-w-[85vw] bg-sunken text-ink shadow-overlay backdrop:bg-veil"
      >
        <div className="flex h-full flex-col">
          <Sidebar me={me} onLeave={close} />
        </div>
        <button
          type="button"
          aria-label={texts.common.close}
          onClick={close}
          className={`absolute top-3 right-2 bg-sunken ${round}`}
        >
          <CloseIcon />
        </button>
      </dialog>
    </header>
  )
}
