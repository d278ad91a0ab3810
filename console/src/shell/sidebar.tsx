import type { Me } from '@custodia/wire/http/identity.ts'
import { Link } from '@tanstack/react-router'
import {
  ArrowOutIcon,
  BrushIcon,
  CheckIcon,
  DecisionIcon,
  DevicesIcon,
  EyeIcon,
  FileIcon,
  HomeIcon,
  KeyIcon,
  LedgerIcon,
  MailIcon,
  PeopleIcon,
  PolicyIcon,
  ProgramIcon,
  RuleIcon,
  SearchIcon,
  ShieldIcon,
  StopIcon,
  UnknownIcon,
  WarningIcon,
} from '../parts/icons.tsx'
import { texts } from '../texts.ts'
import { SidebarBrand } from '../theme/brand.tsx'
import { AccountMenu } from './account-menu.tsx'
import { navigationFor } from './navigation.ts'

const icons = {
  '/': HomeIcon,
  '/account/security': ShieldIcon,
  '/account/sessions': DevicesIcon,
  '/account/password': KeyIcon,
  '/account/keys': ProgramIcon,
  '/users': PeopleIcon,
  '/access/roles': ShieldIcon,
  '/access/groups': PeopleIcon,
  '/access/service-accounts': ProgramIcon,
  '/access/approvals': CheckIcon,
  '/access/reviews': EyeIcon,
  '/access/what': SearchIcon,
  '/access/who': UnknownIcon,
  '/policies/sign-in': RuleIcon,
  '/policies': PolicyIcon,
  '/decisions': DecisionIcon,
  '/ledger': LedgerIcon,
  '/organisation/look': BrushIcon,
  '/limits': StopIcon,
  '/webhooks': ArrowOutIcon,
  '/uploads': FileIcon,
  '/browser-reports': WarningIcon,
  '/mailbox': MailIcon,
} as const

/** @param onLeave called when a page was chosen, for a sidebar that then goes away. */
export function Sidebar({ me, onLeave }: { me: Me; onLeave?: () => void }) {
  return (
    <>
      <div className="flex h-15 shrink-0 items-center gap-2.5 px-4 pt-1">
        <SidebarBrand name={me.organisation.name} />
      </div>
      <nav aria-label={texts.shell.navigation} className="grow overflow-y-auto px-2.5 py-2">
        {navigationFor(me.permissions, me).map(({ heading, pages }) => (
          <div key={heading} className="mb-4">
            {heading !== null && <p className="mb-1 px-2.5 text-xs font-medium text-muted">{heading}</p>}
            <ul className="space-y-px">
              {pages.map(({ to, label }) => {
                const Icon = icons[to]
                return (
                  <li key={to}>
                    <Link
                      to={to}
                      activeOptions={{ exact: true, includeSearch: false }}
                      {...(onLeave && { onClick: onLeave })}
                      className="flex h-8 items-center gap-2.5 rounded-md px-2.5 text-muted hover:bg-hover hover:text-ink data-[status=active]:bg-hover data-[status=active]:font-medium data-[status=active]:text-ink max-md:h-10"
                    >
                      <Icon />
                      {label}
                    </Link>
                  </li>
                )
              })}
            </ul>
          </div>
        ))}
      </nav>
      <div className="border-t border-line p-2">
        <AccountMenu user={me.user} onLeave={onLeave} />
      </div>
    </>
  )
}
