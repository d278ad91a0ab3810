import { Refusal } from './refusal.ts'

/** A field that stands in the form exactly once. @throws Refusal 400 */
export function fieldOf(body: unknown, name: string): string {
  const values = body instanceof URLSearchParams ? body.getAll(name) : []
  if (values.length !== 1) throw new Refusal(400)
  return values[0] as string
}

/** @throws Refusal 404 where there is nothing. */
export function found<Thing>(thing: Thing | null | undefined): Thing {
  if (thing === null || thing === undefined) throw new Refusal(404)
  return thing
}
