import type { Policy } from '@custodia/edge/limits/policy.ts'
import type { SentHead, Told } from '../platform/http/limits.ts'
import type { Principal } from '../platform/http/principal.ts'

type Telling = Told | null | Promise<Told | null>

/** The limits of one application behind the gateway. Both refuse and tell as the pipeline's do (`platform/http/limits.ts`). */
export type ApplicationLimits = {
  arrive(method: string, path: string, address: string, sent: SentHead): Telling
  known(method: string, path: string, principal: Principal, address: string): Telling
}

export type LimitsOfApplications = {
  /** Called once for each application, with the policies of its configuration: the installation's for it hold beside them. */
  forApplication(application: string, policies: readonly Policy[]): ApplicationLimits
}
