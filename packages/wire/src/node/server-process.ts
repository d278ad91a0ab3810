/** How a server's process is begun so that it stays small at rest. What the environment says already stands. */
export const serverProcess = {
  /** The young generation grows to three times this; requests leave little behind, and more of it only holds memory. */
  nodeArguments: ['--max-semi-space-size=8'],
  /**
   * Each arena of glibc keeps the twenty megabytes that a password's hash has freed in it (mallopt(3), M_ARENA_MAX); without a bound
   * there is one for every thread that ever hashed. Other libraries ignore it.
   */
  environment: { MALLOC_ARENA_MAX: '2' },
} as const
