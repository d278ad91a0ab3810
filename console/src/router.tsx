import type { Me } from '@custodia/wire/http/identity.ts'
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { meQuery } from './api/queries.ts'
import { request } from './api/request.ts'
import { handOverFrom } from './entrance/hand-over.ts'
import { returnPath } from './entrance/return-path.ts'
import { needsSignIn } from './query-client.ts'
import { keep, parseSearch, stringifySearch } from './search.ts'
import { Fault, Missing } from './shell/fault.tsx'

/** Who is signed in. @returns null where nobody is. @throws Problem where that can't be found out. */
async function whoIsHere(queryClient: QueryClient): Promise<Me | null> {
  const known = queryClient.getQueryData(meQuery.queryKey)
  if (known !== undefined) return known
  try {
    const me = await request<Me>('GET', '/v1/me')
    queryClient.setQueryData(meQuery.queryKey, me)
    return me
  } catch (error) {
    if (needsSignIn(error)) return null
    throw error
  }
}

// What each page reads from its address.
const entranceSearch = keep(['next', 'host', 'state', 'again', 'step', 'organisation'])
const peopleSearch = keep(['search', 'open'])
const mailboxSearch = keep(['open'])
const policiesSearch = keep(['version', 'edit'])
const decisionsSearch = keep(['since', 'until', 'principal', 'action', 'decision', 'open'])
const whatSearch = keep(['subject', 'ask', 'permission', 'type', 'id', 'open'])
const whoSearch = keep(['kind', 'permission', 'type', 'id', 'open'])
const openSearch = keep(['open'])
const ledgerSearch = keep(['type', 'actor', 'subject', 'since', 'until', 'personal', 'open'])

const root = createRootRouteWithContext<{ queryClient: QueryClient; dressed: Promise<void> }>()({
  // Awaited, so that no page is drawn in another look first.
  loader: async ({ context }) => await context.dressed,
})

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  // `again`: prove it anew, although somebody is signed in. `step`: the sign-in is under way and needs more.
  validateSearch: entranceSearch,
  beforeLoad: async ({ context, search }) => {
    const me = await whoIsHere(context.queryClient)
    const elsewhere = handOverFrom(search) !== null || search.again !== undefined
    if (me !== null && !elsewhere) throw redirect({ href: returnPath(search.next, location.origin), replace: true })
    return { me }
  },
  component: lazyRouteComponent(() => import('./entrance/sign-in.tsx'), 'SignIn'),
})

const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  component: lazyRouteComponent(() => import('./entrance/setup.tsx'), 'SetupPage'),
})

const invitation = createRoute({
  getParentRoute: () => root,
  path: '/invitation',
  component: lazyRouteComponent(() => import('./entrance/invitation.tsx'), 'InvitationPage'),
})

const recovery = createRoute({
  getParentRoute: () => root,
  path: '/recovery',
  component: lazyRouteComponent(() => import('./entrance/recover.tsx'), 'RecoverPage'),
})

const notMe = createRoute({
  getParentRoute: () => root,
  path: '/not-me',
  component: lazyRouteComponent(() => import('./entrance/not-me.tsx'), 'NotMePage'),
})

const cancelRecovery = createRoute({
  getParentRoute: () => root,
  path: '/recovery-cancel',
  component: lazyRouteComponent(() => import('./entrance/not-me.tsx'), 'CancelRecoveryPage'),
})

const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  beforeLoad: async ({ context, location }) => {
    if ((await whoIsHere(context.queryClient)) === null) {
      throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { next: location.href }, replace: true })
    }
  },
  component: lazyRouteComponent(() => import('./shell/shell.tsx'), 'Shell'),
})

const home = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: lazyRouteComponent(() => import('./home/home.tsx'), 'Home'),
})

const sessions = createRoute({
  getParentRoute: () => inside,
  path: '/account/sessions',
  component: lazyRouteComponent(() => import('./account/sessions.tsx'), 'SessionsPage'),
})

const security = createRoute({
  getParentRoute: () => inside,
  path: '/account/security',
  component: lazyRouteComponent(() => import('./account/security.tsx'), 'SecurityPage'),
})

const password = createRoute({
  getParentRoute: () => inside,
  path: '/account/password',
  component: lazyRouteComponent(() => import('./account/password.tsx'), 'PasswordPage'),
})

const keys = createRoute({
  getParentRoute: () => inside,
  path: '/account/keys',
  component: lazyRouteComponent(() => import('./keys/keys.tsx'), 'KeysPage'),
})

const people = createRoute({
  getParentRoute: () => inside,
  path: '/users',
  validateSearch: peopleSearch,
  component: lazyRouteComponent(() => import('./people/people.tsx'), 'People'),
})

const roles = createRoute({
  getParentRoute: () => inside,
  path: '/access/roles',
  validateSearch: openSearch,
  component: lazyRouteComponent(() => import('./access/roles.tsx'), 'RolesPage'),
})

const groups = createRoute({
  getParentRoute: () => inside,
  path: '/access/groups',
  validateSearch: openSearch,
  component: lazyRouteComponent(() => import('./access/groups.tsx'), 'GroupsPage'),
})

const serviceAccounts = createRoute({
  getParentRoute: () => inside,
  path: '/access/service-accounts',
  validateSearch: openSearch,
  component: lazyRouteComponent(() => import('./access/service-accounts.tsx'), 'ServiceAccountsPage'),
})

const approvals = createRoute({
  getParentRoute: () => inside,
  path: '/access/approvals',
  component: lazyRouteComponent(() => import('./access/approvals.tsx'), 'ApprovalsPage'),
})

const reviews = createRoute({
  getParentRoute: () => inside,
  path: '/access/reviews',
  validateSearch: openSearch,
  component: lazyRouteComponent(() => import('./access/reviews.tsx'), 'ReviewsPage'),
})

const what = createRoute({
  getParentRoute: () => inside,
  path: '/access/what',
  validateSearch: whatSearch,
  component: lazyRouteComponent(() => import('./access/why-what.tsx'), 'WhatPage'),
})

const who = createRoute({
  getParentRoute: () => inside,
  path: '/access/who',
  validateSearch: whoSearch,
  component: lazyRouteComponent(() => import('./access/why-who.tsx'), 'WhoPage'),
})

const signInPolicy = createRoute({
  getParentRoute: () => inside,
  path: '/policies/sign-in',
  component: lazyRouteComponent(() => import('./policies/sign-in-policy.tsx'), 'SignInPolicyPage'),
})

const look = createRoute({
  getParentRoute: () => inside,
  path: '/organisation/look',
  component: lazyRouteComponent(() => import('./organisation/look.tsx'), 'LookPage'),
})

const policies = createRoute({
  getParentRoute: () => inside,
  path: '/policies',
  validateSearch: policiesSearch,
  component: lazyRouteComponent(() => import('./policy-editor/policies.tsx'), 'PoliciesPage'),
})

const decisions = createRoute({
  getParentRoute: () => inside,
  path: '/decisions',
  validateSearch: decisionsSearch,
  component: lazyRouteComponent(() => import('./decisions/decisions.tsx'), 'DecisionsPage'),
})

const ledger = createRoute({
  getParentRoute: () => inside,
  path: '/ledger',
  validateSearch: ledgerSearch,
  component: lazyRouteComponent(() => import('./ledger/ledger.tsx'), 'LedgerPage'),
})

const limits = createRoute({
  getParentRoute: () => inside,
  path: '/limits',
  component: lazyRouteComponent(() => import('./limits/limits.tsx'), 'LimitsPage'),
})

const webhooks = createRoute({
  getParentRoute: () => inside,
  path: '/webhooks',
  validateSearch: openSearch,
  component: lazyRouteComponent(() => import('./webhooks/webhooks.tsx'), 'WebhooksPage'),
})

const uploads = createRoute({
  getParentRoute: () => inside,
  path: '/uploads',
  component: lazyRouteComponent(() => import('./uploads/uploads.tsx'), 'UploadsPage'),
})

const browserReports = createRoute({
  getParentRoute: () => inside,
  path: '/browser-reports',
  component: lazyRouteComponent(() => import('./browser-reports/browser-reports.tsx'), 'BrowserReportsPage'),
})

const mailbox = createRoute({
  getParentRoute: () => inside,
  path: '/mailbox',
  validateSearch: mailboxSearch,
  component: lazyRouteComponent(() => import('./mailbox/mailbox.tsx'), 'MailboxPage'),
})

const routeTree = root.addChildren([
  signIn,
  setup,
  invitation,
  recovery,
  notMe,
  cancelRecovery,
  inside.addChildren([
    home,
    security,
    sessions,
    password,
    keys,
    people,
    roles,
    groups,
    serviceAccounts,
    approvals,
    reviews,
    what,
    who,
    signInPolicy,
    look,
    policies,
    decisions,
    ledger,
    limits,
    webhooks,
    uploads,
    browserReports,
    mailbox,
  ]),
])

/** @param dressed resolves once the pages have the look of the organisation. */
export function makeRouter(queryClient: QueryClient, dressed: Promise<void>) {
  return createRouter({
    routeTree,
    context: { queryClient, dressed },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultErrorComponent: Fault,
    defaultNotFoundComponent: Missing,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>
  }
}
