/** The permissions of one part of the installation: those whose names begin alike. */
export type Module = { readonly name: string; readonly permissions: readonly string[] }

/**
 * Permissions by the part that they belong to, both in the order of their names.
 *
 * @param search keeps those that have each of its words in their name, in either case.
 */
export function byModule(permissions: readonly string[], search = ''): readonly Module[] {
  const words = search.toLowerCase().split(/\s+/)
  const found = new Map<string, string[]>()
  for (const permission of [...new Set(permissions)].sort()) {
    if (!words.every((word) => permission.includes(word))) continue
    const name = permission.slice(0, Math.max(permission.indexOf(':'), 0)) || permission
    found.set(name, [...(found.get(name) ?? []), permission])
  }
  return [...found].map(([name, own]) => ({ name, permissions: own }))
}
