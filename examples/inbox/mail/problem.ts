/** Why a message could not be read, and what a person is told about it. */
export const problems = {
  NO_HEADER: 'It has none of the header lines that every message has.',
  TOO_LARGE: 'It is larger than 25 MiB.',
  HEADER_TOO_LARGE: 'Its header is larger than 512 KiB.',
  NESTED_TOO_DEEP: 'Its parts are nested more than 20 levels deep.',
  TOO_MANY_ATTACHMENTS: 'It has more than 250 attachments.',
  TOO_SLOW: 'Reading it took more than 30 seconds.',
  TOO_COSTLY: 'Reading it took more memory than one message may.',
  UNREADABLE: 'Its structure can not be read.',
} as const

export type Problem = keyof typeof problems
