import type { User } from '@custodia/wire/http/identity.ts'
import { useMutation } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useId } from 'react'
import { request } from '../api/request.ts'
import { Avatar } from '../parts/avatar.tsx'
import { DevicesIcon, ExpandIcon, KeyIcon, ShieldIcon, SignOutIcon } from '../parts/icons.tsx'
import { texts } from '../texts.ts'

const item = 'flex h-9 w-full items-center gap-2.5 rounded-md px-2.5 text-left hover:bg-hover'
const pages = [
  { to: '/account/security', label: texts.shell.security, Icon: ShieldIcon },
  { to: '/account/sessions', label: texts.shell.sessions, Icon: DevicesIcon },
  { to: '/account/password', label: texts.shell.password, Icon: KeyIcon },
] as const

/**
 * Who is signed in, and the way out. The browser's own popover: it closes on Escape and on a press elsewhere, and the
 * first page need not carry a library for it.
 */
export function AccountMenu({ user, onLeave }: { user: User; onLeave?: (() => void) | undefined }) {
  const id = useId()
  const signOut = useMutation({
    mutationFn: () => request('POST', '/v1/sign-out'),
    // A full load: what was shown must not stay in memory.
    onSettled: () => window.location.assign('/sign-in'),
  })
  const leave = () => {
    document.getElementById(id)?.hidePopover()
    onLeave?.()
  }
  return (
    <>
      <button
        type="button"
        popoverTarget={id}
        className="flex w-full items-center gap-2.5 rounded-lg p-2 text-left hover:bg-hover"
      >
        <span className="sr-only">{texts.shell.accountMenu}</span>
        <Avatar name={user.name} />
        <span className="min-w-0 grow leading-4.5">
          <span className="block truncate font-medium">{user.name}</span>
          <span className="block truncate text-xs text-muted">{user.email}</span>
        </span>
        <ExpandIcon className="text-faint" />
      </button>
      <div
        id={id}
        popover="auto"
        className="fixed inset-auto bottom-17 left-2 w-54 rounded-lg border border-line bg-raised p-1 text-ink shadow-overlay"
      >
        {pages.map(({ to, label, Icon }) => (
          <Link key={to} to={to} onClick={leave} className={item}>
            <Icon className="text-muted" />
            {label}
          </Link>
        ))}
        <hr className="my-1 border-line" />
        <button type="button" disabled={signOut.isPending} onClick={() => signOut.mutate()} className={item}>
          <SignOutIcon className="text-muted" />
          {texts.shell.signOut}
        </button>
      </div>
    </>
  )
}
