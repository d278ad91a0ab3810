/** What a message may cost us. Whatever is above is kept as it came and listed as malformed, never lost. */
export const limits = {
  /** RFC 5321 §4.5.3.1.7 asks for 64 KiB at least; common providers stop at 25 MB. */
  messageBytes: 25 * 1024 * 1024,
  /** Above this a source is not even kept: it is reported and stays where it is. */
  sourceBytes: 100 * 1024 * 1024,
  headerBytes: 512 * 1024,
  nesting: 20,
  /** Messages inside messages that are read; deeper ones are attachments. */
  forwardedNesting: 3,
  attachments: 250,
  /** Characters that are kept of an attachment's name, type or content id. */
  attachmentName: 255,
  attachmentType: 100,
  contentId: 200,
  readMs: 30_000,
  readMemoryMb: 384,
} as const
