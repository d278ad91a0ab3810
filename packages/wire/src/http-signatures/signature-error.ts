/** Why a signed request does not hold. For logs and tests only: whoever sent it learns that it does not, and not why. */
export const signatureReasons = {
  missing: 'There is no Signature-Input or no Signature.',
  form: 'Signature-Input or Signature is no dictionary of the expected shape, or is too large.',
  label: 'The signature that is asked for is not there, or it is not clear which one is meant.',
  parameter: 'A parameter is absent, has the wrong type, or is one that we do not know.',
  components: 'A covered component is unknown, has parameters, comes twice, or there are too many.',
  uncovered: 'Something that must be covered is not.',
  absent: 'A covered header is not in the message.',
  message: 'The method, target, authority or a covered header has a form that could be read in two ways.',
  authority: 'The request was signed for another server.',
  tag: 'The signature was made for another purpose.',
  old: 'It was made too long ago.',
  ahead: 'It was made in the future.',
  expired: 'Its own expiry has passed, or stands before its creation.',
  key: 'Nobody knows the key.',
  algorithm: 'The message names another algorithm than the key has.',
  signature: 'The signature does not fit what came.',
  'digest-form': 'Content-Digest has a wrong form or an algorithm other than sha-256 and sha-512.',
  'digest-missing': 'There is a body, and no Content-Digest.',
  digest: 'The body is not the one that was signed.',
  nonce: 'The nonce was used before.',
} as const

export type SignatureReason = keyof typeof signatureReasons

/** A signed request that does not hold. Its message is the same whatever the reason; `reason` is for the log. */
export class SignatureError extends Error {
  override readonly name = 'SignatureError'
  readonly code = 'SIGNATURE_INVALID'
  readonly reason: SignatureReason

  constructor(reason: SignatureReason) {
    super('SIGNATURE_INVALID: the signature on this request does not hold')
    this.reason = reason
  }
}
