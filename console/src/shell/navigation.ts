import { texts } from '../texts.ts'
import { navigationTexts } from '../texts-of-navigation.ts'

/** Pages in the order in which they are shown. What needs a permission is shown to nobody else. */
const groups = [
  { heading: null, pages: [{ to: '/', label: texts.shell.home, needs: null }] },
  {
    heading: texts.shell.account,
    pages: [
      { to: '/account/security', label: texts.shell.security, needs: null },
      { to: '/account/sessions', label: texts.shell.sessions, needs: null },
      { to: '/account/password', label: texts.shell.password, needs: null },
      { to: '/account/keys', label: texts.shell.apiKeys, needs: null },
    ],
  },
  {
    heading: texts.shell.organisation,
    pages: [
      { to: '/users', label: texts.shell.people, needs: 'identity:users:read' },
      { to: '/policies/sign-in', label: texts.shell.signInPolicy, needs: 'identity:policy:read' },
      { to: '/organisation/look', label: texts.shell.look, needs: 'identity:theme:write' },
      { to: '/policies', label: texts.shell.policies, needs: 'access:policies:read' },
      { to: '/decisions', label: texts.shell.decisions, needs: 'access:decisions:read' },
      { to: '/ledger', label: texts.shell.ledger, needs: 'ledger:read' },
      { to: '/limits', label: navigationTexts.limits, needs: 'limits:read' },
      { to: '/webhooks', label: navigationTexts.webhooks, needs: 'webhooks:endpoints:read' },
      { to: '/uploads', label: navigationTexts.uploads, needs: 'uploads:organisation:read' },
      { to: '/browser-reports', label: navigationTexts.browserReports, needs: 'browser:reports:read' },
      { to: '/mailbox', label: texts.shell.mailbox, needs: 'mail:mailbox:read' },
    ],
  },
  {
    heading: navigationTexts.access,
    pages: [
      { to: '/access/roles', label: navigationTexts.roles, needs: 'access:roles:read' },
      { to: '/access/groups', label: navigationTexts.groups, needs: 'access:groups:read' },
      {
        to: '/access/service-accounts',
        label: navigationTexts.serviceAccounts,
        needs: 'access:service-accounts:read',
      },
      { to: '/access/approvals', label: navigationTexts.approvals, needs: 'access:approvals:read' },
      { to: '/access/reviews', label: navigationTexts.reviews, needs: 'access:reviews:read' },
      { to: '/access/what', label: navigationTexts.what, needs: 'access:check' },
      { to: '/access/who', label: navigationTexts.who, needs: 'access:check' },
    ],
  },
] as const

/**
 * The navigation of somebody with these permissions, in an installation that has these parts. A group without a page is not there at all.
 */
export function navigationFor(permissions: readonly string[], { hasMailbox }: { readonly hasMailbox: boolean }) {
  return groups
    .map(({ heading, pages }) => ({
      heading,
      pages: pages.filter(
        ({ to, needs }) => (needs === null || permissions.includes(needs)) && (to !== '/mailbox' || hasMailbox),
      ),
    }))
    .filter(({ pages }) => pages.length > 0)
}
