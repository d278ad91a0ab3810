import type { Principal } from '../platform/http/principal.ts'

/** True where the permission is one that the scope names: itself, or by `prefix:*` everything below a prefix. */
export function scopeCovers(scope: string, permission: string): boolean {
  // The colon stays: `mail:*` is not about `mailbox:read`.
  return scope.endsWith(':*') ? permission.startsWith(scope.slice(0, -1)) : scope === permission
}

/** A key may never do more than it was made for, whatever its owner may. Who has no scopes is not narrowed. */
export function withinScopes(principal: Principal, permission: string): boolean {
  if (principal.kind === 'user' || principal.scopes === undefined) return true
  return principal.scopes.some((scope) => scopeCovers(scope, permission))
}
