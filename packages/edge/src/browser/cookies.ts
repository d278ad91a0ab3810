/**
 * What a Cookie header has under a name: more than one value where it stands more than once. No other blank than a space and a tab (RFC 6265
 * §4.2.1) is passed over: behind any other a name is another name, of which browsers don't ask what a prefix such as `__Host-` promises.
 */
export function cookieValues(header: string | undefined, name: string): readonly string[] {
  return (header ?? '')
    .split(';')
    .map((pair) => pair.replace(/^[ \t]+/, ''))
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
}
