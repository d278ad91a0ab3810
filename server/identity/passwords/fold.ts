/** A password without what does not slow a guesser: ways of writing the same character (NFKC), and case. */
export const fold = (password: string): string => password.normalize('NFKC').toLowerCase()
