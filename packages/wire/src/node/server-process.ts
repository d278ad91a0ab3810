/** How a server's process is begun, by whoever begins it. */
export const serverProcess = {
  /** The young generation grows to three times this: with less, requests are collected more often than they need be; with more, memory is only held. */
  nodeArguments: ['--max-semi-space-size=16'],
} as const
