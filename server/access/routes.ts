import type { Route } from '../platform/http/route.ts'
import type { GrantsRoom } from './grants/create-grants.ts'

/** The routes of every room. */
export const routes = (rooms: { readonly grants: GrantsRoom }): readonly Route[] => [...rooms.grants.routes]
