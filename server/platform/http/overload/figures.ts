/** What clients may cost before anything is known of them. */
export type OverloadFigures = {
  /** Connections that may be open, all together. */
  readonly maxConnections: number
  /** Of these from one IPv4 address, or one /64 of IPv6. */
  readonly maxConnectionsPerAddress: number
  /** The least rate at which a body has to come, and an answer to be taken. */
  readonly leastBytesPerSecond: number
  /** How long a client may do nothing, and how long a rate is measured before it counts. */
  readonly slowClientSeconds: number
}

export const defaultOverload: OverloadFigures = {
  maxConnections: 20_000,
  maxConnectionsPerAddress: 512,
  leastBytesPerSecond: 1_024,
  slowClientSeconds: 20,
}

/** How long a connection is kept on which nothing more is asked. */
export const idleMs = 60_000
