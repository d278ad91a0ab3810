declare module 'autocannon' {
  type Result = { readonly duration: number; readonly '2xx': number; readonly non2xx: number; readonly errors: number }
  const autocannon: (options: {
    url: string
    headers: Readonly<Record<string, string>>
    connections: number
    /** Whole seconds. */
    duration: number
  }) => Promise<Result>
  export default autocannon
}
