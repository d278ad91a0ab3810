/** The policies of a version by their ids, as they stand in its text. */
export function textsOf(version: { readonly text: string; readonly outline: string }): ReadonlyMap<string, string> {
  const outline = JSON.parse(version.outline) as readonly (readonly [id: string, start: number, end: number])[]
  return new Map(outline.map(([id, start, end]) => [id, version.text.slice(start, end)]))
}
