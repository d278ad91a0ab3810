import type { BrowserPolicy, NewBrowserPolicy } from '@custodia/wire/http/browser.ts'

/** What is live already, and what was ticked beside it. */
export function policyOf(live: BrowserPolicy['live'], ticked: BrowserPolicy['proposal']['lines']): NewBrowserPolicy {
  const sources = new Map<string, Set<string>>(
    Object.entries(live?.sources ?? {}).map(([directive, known]) => [directive, new Set(known)]),
  )
  for (const { directive, source } of ticked)
    if (source !== null) sources.set(directive, (sources.get(directive) ?? new Set()).add(source))
  return {
    sources: Object.fromEntries([...sources].map(([directive, all]) => [directive, [...all]])),
    trustedTypes: (live?.trustedTypes ?? true) && !ticked.some(({ source }) => source === null),
    instead: live?.number ?? null,
  }
}
