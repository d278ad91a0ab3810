/** E.164 §6: a plus sign, a country code that never begins with 0, at most 15 digits. Shorter ones than 7 are special services. */
export const isE164 = (text: string): boolean => /^\+[1-9]\d{6,14}$/.test(text)

/** What may stand in the list of prefixes: `+49`, or `!+49137` for what is not meant although a shorter entry covers it. */
export function checkPrefix(text: string): string {
  if (!/^!?\+[1-9]\d{0,9}$/.test(text))
    throw new Error('it is not + and the digits that a number begins with, maybe with ! before them')
  return text
}

/**
 * Whether the list lets a number through: the longest entry that it begins with decides, and none is no. Numbers that earn money for
 * whoever is called share their country's code with others, so a list of countries alone would not keep them out.
 */
export function allows(prefixes: readonly string[], number: string): boolean {
  let longest = 0
  let allowed = false
  for (const entry of prefixes) {
    const except = entry.startsWith('!')
    const prefix = except ? entry.slice(1) : entry
    // Of two that are equally long and contradict each other, the stricter one holds.
    const counts = prefix.length > longest || (prefix.length === longest && except)
    if (!number.startsWith(prefix) || !counts) continue
    longest = prefix.length
    allowed = !except
  }
  return allowed
}
