/** SHA-256 by whoever has it: 32 bytes. Asynchronous in browsers; servers may pass a synchronous one, which is faster. */
export type Sha256 = (message: Uint8Array) => Uint8Array | Promise<Uint8Array>

/** SHA-256 of the Web Cryptography API, which browsers and Node share. */
export const webSha256: Sha256 = async (message) =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', message as Uint8Array<ArrayBuffer>))

export const hashLength = 32

/** True where both are the same bytes. Not constant-time: for public values only. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
