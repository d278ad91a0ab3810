import { setting } from '../platform/config/setting.ts'
import type { PermissionTable } from '../platform/module.ts'
import type { Role } from './api.ts'
import { decisionSettings } from './decisions/config.ts'

type RoleConfiguration = Readonly<Record<string, { readonly summary: string; readonly permissions: readonly string[] }>>

/** The role of whoever may do everything that a person may. There is always one such person in an organisation. */
export const administrator = 'administrator'
/** The role of every application that calls with its key. */
export const application = 'application'
const verifier = 'verifier'
/** Roles that keys have and that no person is given. */
export const rolesOfMachines: ReadonlySet<string> = new Set([application, verifier])

const defaults: RoleConfiguration = {
  [administrator]: { summary: 'May do everything in the organisation.', permissions: ['*'] },
  auditor: {
    summary: 'May read the ledger, users and sessions.',
    permissions: [
      ...['ledger:read', 'identity:users:read', 'sessions:read', 'access:roles:read', 'access:assignments:read'],
      ...['access:groups:read', 'access:service-accounts:read', 'access:approvals:read', 'access:reviews:read'],
    ],
  },
  member: { summary: 'A person of the organisation.', permissions: [] },
  [verifier]: { summary: 'A machine that verifies the whole ledger.', permissions: ['ledger:read:all'] },
  [application]: {
    summary: 'An application behind the gateway.',
    permissions: [
      'access:check',
      'access:relations:read',
      'access:relations:write',
      'keyring:open',
      'keyring:seal',
      'uploads:files:read',
      'uploads:files:write',
    ],
  },
}

export const config = {
  roles: setting.structure<RoleConfiguration>({
    description: 'Roles beside administrator, auditor, member and application, or in place of the last three.',
    shape: 'a mapping of role to { summary, permissions }; a permission may end in * to stand for all that begin so',
    example: '{ "reader": { "summary": "Reads mail.", "permissions": ["inbox:read"] } }',
    default: {},
    check: checkRoles,
  }),
  privilegedRoles: setting.texts({
    description: 'Roles of the configuration that are given only where a second administrator agrees.',
    shape: 'a list of names of roles, at most 50',
    example: 'administrator',
    default: [],
    max: 50,
    check: checkRoleName,
  }),
  ...decisionSettings,
}

function checkRoleName(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,49}$/.test(name))
    throw new Error('it is not a role name (lower-case letters, digits, hyphens)')
  return name
}

/** Roles as configured, their patterns resolved to the permissions that exist. */
export function resolveRoles(configured: RoleConfiguration, known: PermissionTable): readonly Role[] {
  const names = Object.keys(known)
  return Object.entries({ ...defaults, ...configured }).map(([name, { summary, permissions }]) => ({
    name,
    summary,
    permissions: names.filter((one) => permissions.some((pattern) => matches(pattern, one))).sort(),
  }))
}

/** Patterns that stand for nothing that exists: a typing error that would deny in silence. */
export function danglingPatterns(configured: RoleConfiguration, known: PermissionTable): string[] {
  const names = Object.keys(known)
  return Object.entries(configured).flatMap(([role, { permissions }]) =>
    permissions
      .filter((pattern) => !names.some((one) => matches(pattern, one)))
      .map((pattern) => `${role}: ${pattern}`),
  )
}

function matches(pattern: string, permission: string): boolean {
  return pattern.endsWith('*') ? permission.startsWith(pattern.slice(0, -1)) : pattern === permission
}

function checkRoles(value: unknown): RoleConfiguration {
  if (!isRecord(value)) throw new Error('it is not a mapping')
  for (const [name, role] of Object.entries(value)) {
    if (!/^[a-z][a-z0-9-]{0,49}$/.test(name))
      throw new Error(`${name} is not a role name (lower-case letters, digits, hyphens)`)
    if (name === administrator) throw new Error(`${name} may not be changed`)
    if (!isRecord(role)) throw new Error(`${name} is not a mapping`)
    const unknown = Object.keys(role).find((key) => key !== 'summary' && key !== 'permissions')
    if (unknown !== undefined) throw new Error(`${name}.${unknown} is not known`)
    if (typeof role.summary !== 'string') throw new Error(`${name}.summary is not text`)
    const permissions = role.permissions
    if (
      !Array.isArray(permissions) ||
      !permissions.every((one) => typeof one === 'string' && /^[a-z0-9:.-]*\*?$/.test(one))
    )
      throw new Error(`${name}.permissions is not a list of permissions`)
  }
  return value as RoleConfiguration
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
