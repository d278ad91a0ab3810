/**
 * A phone number as people write it, as the API takes it: E.164.
 *
 * @returns null where it is none: without a country's code nobody knows whose number it is.
 */
export function e164Of(text: string): string | null {
  const number = text
    .trim()
    // (0) is how some write the digit that is dialled within the country alone.
    .replace('(0)', '')
    .replaceAll(/[\s()./\u2010-\u2015-]/g, '')
    .replace(/^00/, '+')
  return /^\+[1-9]\d{6,14}$/.test(number) ? number : null
}
