import type { Principal, UserPrincipal } from '../platform/http/principal.ts'

/** Whom this browser's cookie spoke for before a sign-in: that session ends with it. */
export const before = (principal: Principal | null): UserPrincipal | null =>
  principal?.kind === 'user' ? principal : null
