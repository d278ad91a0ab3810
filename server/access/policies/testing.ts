import type { PolicySetJson } from './api.ts'
import type { SchemaSource } from './schema.ts'

/** A small world of permissions and types, for tests. */
export const source: SchemaSource = {
  permissions: [
    'access:policies:activate',
    'access:policies:read',
    'access:policies:write',
    'inbox:mail:delete',
    'inbox:mail:read',
    'ledger:read',
  ],
  resourceTypes: [{ type: 'inbox:mailbox', relations: ['reader', 'owner'], attributes: { folder: 'String' } }],
  contexts: { inbox: { client: 'String', opened: 'datetime' } },
}

const everything = { op: 'All' }
export const roleJson = (role: string, actions: readonly string[]) => ({
  effect: 'permit',
  principal: { op: 'in', entity: { type: 'Custodia::Role', id: role } },
  action: { op: 'in', entities: actions.map((id) => ({ type: 'Custodia::Action', id })) },
  resource: everything,
  conditions: [],
})

export const builtIn: PolicySetJson = {
  staticPolicies: {
    'role/administrator': roleJson('administrator', source.permissions),
    'role/reader': roleJson('reader', ['inbox:mail:read']),
  },
}

/** A policy file with two policies and a test of each; a reader may read, and from the outside may not. */
export const file = `
@id("delete-in-office")
permit(principal in Custodia::Group::"grp_office", action == Custodia::Action::"inbox:mail:delete", resource is Inbox::Mailbox)
when { context.network.isInRange(ip("10.0.0.0/8")) };

@id("no-secrets-at-risk")
forbid(principal, action in [Custodia::Action::"inbox:mail:read", Custodia::Action::"inbox:mail:delete"], resource)
when { resource has dataClass && resource.dataClass == "secret" && context.risk > 500 };

// test: the office deletes
// { "principal": { "type": "Custodia::User", "id": "bo" }, "action": "inbox:mail:delete",
//   "resource": { "type": "Inbox::Mailbox", "id": "7" },
//   "entities": [{ "uid": { "type": "Custodia::User", "id": "bo" }, "parents": [{ "type": "Custodia::Group", "id": "grp_office" }] }],
//   "expect": "allow", "by": ["delete-in-office"] }

// test: secrets are not read at risk
// { "principal": { "type": "Custodia::User", "id": "bo" }, "action": "inbox:mail:read",
//   "resource": { "type": "Inbox::Mailbox", "id": "7" }, "context": { "risk": 501, "network": "203.0.113.9" },
//   "entities": [
//     { "uid": { "type": "Custodia::User", "id": "bo" }, "parents": [{ "type": "Custodia::Role", "id": "reader" }] },
//     { "uid": { "type": "Inbox::Mailbox", "id": "7" }, "attrs": { "dataClass": "secret" } }
//   ],
//   "expect": "deny", "by": ["no-secrets-at-risk"] }
`
