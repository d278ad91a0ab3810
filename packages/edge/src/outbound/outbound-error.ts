const reasons = {
  address: 'is not an address that may be asked',
  unreachable: 'can not be reached',
  timeout: 'took too long',
  'too-large': 'sent more than was asked for',
  reply: 'gave a reply that can not be read',
} as const

/** What went wrong when Custodia asked another server: the host and a reason, nothing of what was asked or answered. */
export class OutboundError extends Error {
  readonly reason: keyof typeof reasons
  constructor(reason: keyof typeof reasons, host: string) {
    super(`${host} ${reasons[reason]}`)
    this.name = 'OutboundError'
    this.reason = reason
  }
}
