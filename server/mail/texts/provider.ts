import type { Failure } from '../transport.ts'

/** The port behind which somebody carries text messages: one member a kind of provider. */
export type TextProvider = {
  /**
   * @param message `id` is the same at every try; `to` is E.164.
   * @returns null where the provider has taken it over. Rejects for faults of ours alone.
   */
  send(
    message: { readonly id: string; readonly to: string; readonly text: string },
    signal: AbortSignal,
  ): Promise<Failure | null>
}
