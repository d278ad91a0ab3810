import type { CorsPolicy } from './cors.ts'
import { corsPolicies } from './cors.ts'
import type { Allowance, Profile } from './headers.ts'
import { checkSources } from './propose.ts'

/** How an application's pages are defended: at the gateway (`edge.browser` in the configuration), and in the application itself. */
export type BrowserSettings = {
  readonly profile: Profile
  /** True where the application writes the nonce that it is told with each request into its scripts. */
  readonly nonces: boolean
  /** True where the application writes the token that it is told with each request of a person into what its scripts send. */
  readonly csrfTokens: boolean
  readonly allowance: Allowance
  readonly cors: readonly CorsPolicy[]
}

const known = new Set(['profile', 'nonces', 'csrfTokens', 'sources', 'trustedTypes', 'cors'])
const profiles: ReadonlySet<unknown> = new Set(['strict', 'learn', 'off'])

/** @throws Error in words, which begin with `where`. */
export function checkBrowser(value: unknown = {}, where: string): BrowserSettings {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${where} is not a mapping`)
  for (const name of Object.keys(value)) if (!known.has(name)) throw new Error(`${where}.${name} is not known`)
  const {
    profile = 'strict',
    nonces = false,
    csrfTokens = false,
    trustedTypes = true,
    ...lists
  } = value as Record<string, unknown>
  if (!profiles.has(profile)) throw new Error(`${where}.profile is not strict, learn or off`)
  for (const [name, flag] of Object.entries({ nonces, csrfTokens, trustedTypes }))
    if (typeof flag !== 'boolean') throw new Error(`${where}.${name} is not true or false`)
  return {
    profile: profile as Profile,
    nonces: nonces as boolean,
    csrfTokens: csrfTokens as boolean,
    allowance: {
      sources: checkSources(lists.sources ?? {}, `${where}.sources`),
      trustedTypes: trustedTypes as boolean,
    },
    cors: corsPolicies(lists.cors ?? [], `${where}.cors`),
  }
}
