const prefix = 'policy/'

/** How a policy of the organisation is called where built-in ones stand beside it. */
export const compiledId = (id: string): string => `${prefix}${id}`
/** The other way; what is not the organisation's own stays as it is. */
export const writtenId = (id: string): string => (id.startsWith(prefix) ? id.slice(prefix.length) : id)
