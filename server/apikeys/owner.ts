import type { Access } from '../access/api.ts'
import type { Identity } from '../identity/api.ts'

export type OwnerKind = 'user' | 'service' | 'application'
export type Owner = { readonly kind: OwnerKind; readonly id: string }

type Needs = { readonly access: Access; readonly identity: Identity }

/**
 * What the owner of a key is at this moment: their roles, or null where they may do nothing any more. Asked at every request; access and
 * identity answer from what they remember for as long as the bus is known to be alive.
 */
type Standing = (needs: Needs, organisationId: string, id: string) => Promise<readonly string[] | null>

export const owners: Readonly<Record<Exclude<OwnerKind, 'application'>, Standing>> = {
  async user({ access, identity }, organisationId, id) {
    const person = await identity.person(id)
    return person?.organisationId === organisationId ? await access.rolesOf(organisationId, id) : null
  },
  async service({ access }, organisationId, id) {
    const account = await access.serviceAccount(organisationId, id)
    return account === null || account.disabled ? null : await access.rolesOf(organisationId, id)
  },
}

/** Whose personal data what belongs to the key is: under their key it is sealed, and with it it goes. */
export const subjectOf = ({ kind, id }: Owner): string | null => (kind === 'user' ? id : null)
