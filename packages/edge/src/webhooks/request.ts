/** A request as it arrived: what is verified is these bytes, never what a parser made of them. */
export type WebhookRequest = {
  /** Names in lower case. A header that came twice is a list, or joined as Node joins it; neither verifies. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: Uint8Array
  /** The address that the sender was given, with its query: some senders sign it. Never rebuilt from the Host header. */
  readonly url?: string
}

/** Why a request was not taken for the sender's. For logs: whoever sent it learns only that it was refused. */
export type Mismatch = 'missing' | 'malformed' | 'late' | 'early' | 'signature'

export type Verdict =
  | {
      readonly ok: true
      /** The same for the same message, however its signature was written: burn it, and a second copy is known. 64 hexadecimal digits. */
      readonly once: string
      /** When it was sent, in seconds since 1970, as the sender signed it; null where the scheme has none. */
      readonly sentAt: number | null
    }
  | { readonly ok: false; readonly why: Mismatch }

export type VerifyOptions = {
  readonly nowMs: number
  /** How far the sender's clock may be from ours, either way. 300 unless said. */
  readonly toleranceSeconds?: number
}

/** One header that is there once and holds no line break; null otherwise. */
export function single({ headers }: WebhookRequest, name: string): string | null {
  const value = headers[name]
  return typeof value === 'string' && value !== '' && value.length <= 4_096 && !/[\r\n\0]/.test(value) ? value : null
}

/** Whole seconds since 1970 in decimal digits and nothing else, so that no two texts mean the same moment. */
export function unixSeconds(text: string | null): number | null {
  return text !== null && /^[1-9]\d{8,10}$/.test(text) ? Number(text) : null
}

/** Within the window, or on which side of it. */
export function within(sentAt: number, { nowMs, toleranceSeconds = 300 }: VerifyOptions): 'late' | 'early' | null {
  const ageSeconds = Math.floor(nowMs / 1_000) - sentAt
  if (ageSeconds > toleranceSeconds) return 'late'
  return ageSeconds < -toleranceSeconds ? 'early' : null
}
