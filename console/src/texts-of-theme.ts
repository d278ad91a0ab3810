/** The texts around an organisation's look that the first page needs. */
export const themeTexts = {
  signInTo: (organisation: string) => `Sign in to ${organisation}`,
  origin: (host: string) => `Secured by Custodia at ${host}`,
} as const
