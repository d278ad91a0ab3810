/** Whether a type of event is among those that were chosen: by name, or below a prefix as in `identity.*`. Null is all. */
export const matches = (choice: readonly string[] | null, type: string): boolean =>
  choice === null || choice.some((one) => (one.endsWith('.*') ? type.startsWith(one.slice(0, -1)) : type === one))
