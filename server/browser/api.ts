import type { Allowance, Profile } from '@custodia/edge/browser/headers.ts'
import type { Inline } from '@custodia/edge/browser/propose.ts'

/** An application whose pages are defended. */
export type DefendedApplication = {
  readonly name: string
  readonly title: string
  readonly profile: Profile
}

/** A body with reports, as it came. */
export type Reports = {
  /** The application's name; null for Custodia's own pages. */
  readonly application: string | null
  /** The origin that it was sent to: of other pages it says nothing. */
  readonly origin: string
  readonly mediaType: string
  readonly address: string
  readonly body: Uint8Array
}

export type Browser = {
  /** Called once, by whoever knows the applications. */
  lendApplications(applications: readonly DefendedApplication[]): void
  /** What somebody made live for an application; null while there is nothing. Answers at once. */
  live(application: string): Allowance | null
  /** Whether one more body may be read: asked before. @returns seconds to wait; 0 where it may. */
  waitFor(application: string | null, address: string): number
  /** Counts what a browser reported. Nothing is said of what could not be read. */
  receive(reports: Reports): void
  /** Counts inline scripts and styles that an application sent. */
  served(application: string, inlines: readonly Inline[]): void
}
