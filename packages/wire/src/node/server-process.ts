/**
 * How a server's process is begun so that it stays small at rest. `docs/bench.md` has the figures. What the environment says already
 * stands.
 */
export const serverProcess = {
  /** The young generation grows to three times this; requests leave little behind, and more of it only holds memory. */
  nodeArguments: ['--max-semi-space-size=8'],
  /**
   * glibc keeps what was freed where it learnt that such sizes come again (mallopt(3), M_MMAP_THRESHOLD): twenty megabytes for each
   * thread that ever hashed a password. With a fixed threshold a hash's memory goes back to the system. Other libraries ignore it.
   */
  environment: { MALLOC_ARENA_MAX: '2' },
} as const
