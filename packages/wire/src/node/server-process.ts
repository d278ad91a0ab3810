/** How a server's process is begun, by whoever begins it. */
export const serverProcess = {
  /** The young generation grows to three times this; requests leave little behind, and more of it only holds memory. */
  nodeArguments: ['--max-semi-space-size=8'],
} as const
