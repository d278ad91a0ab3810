/** A key in groups of four, as people read it out. @example keyGroups('JBSWY3DPEHPK') is 'JBSW Y3DP EHPK' */
export function keyGroups(secret: string): string {
  return secret.replaceAll(/.{4}(?=.)/g, '$& ')
}
