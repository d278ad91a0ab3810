/** What came for an application from a sender that proved who it is. */
export type ReceivedWebhook = {
  /** `whs_…` */
  readonly sourceId: string
  readonly organisationId: string
  /** What the source is called here. */
  readonly name: string
  /** The application's name in the configuration. */
  readonly application: string
  readonly path: string
  /** As they came, without the sender's network address. */
  readonly headers: Readonly<Record<string, string>>
  /** Byte for byte what was signed. */
  readonly body: Buffer
  readonly address: string
}

/** The way to an application. */
export type Forwarder = {
  /** Names of applications, each with the paths at which it takes webhooks. */
  readonly applications: ReadonlyMap<string, readonly string[]>
  /** @returns the application's status. @throws Error where it can not be reached in time. */
  forward(webhook: ReceivedWebhook, signal: AbortSignal): Promise<number>
}

export type Webhooks = {
  /** Called once, by whoever knows the applications. Until then nothing that comes in is taken. */
  lendForwarder(forwarder: Forwarder): void
}
