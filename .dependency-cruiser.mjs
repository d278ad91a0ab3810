// The law of imports (ARCHITECTURE.md), checked by `npm test`.
const tiers = [
  ['keyring'],
  ['audit', 'access'],
  ['sessions', 'mail', 'limits'],
  ['identity'],
  ['apikeys', 'activity', 'browser', 'uploads', 'webhooks'],
  ['gateway'],
]

/** A module may import the `api.ts` of modules on lower tiers, and nothing else of them. */
const moduleRules = tiers.flatMap((modules, tier) => {
  const lower = tiers.slice(0, tier).flat()
  return modules.map((name) => ({
    name: `${name}-imports-lower-apis-only`,
    comment: `${name} may import platform, packages/wire, its own files, and api.ts of: ${lower.join(', ') || 'nobody'}.`,
    severity: 'error',
    // Tests build real modules where they can; the law is about what runs.
    from: {
      path: `^server/${name}/`,
      pathNot: '\\.(test|contract)\\.ts$|/(?:testing|[a-z-]+-testing|testing-[a-z-]+)\\.ts$',
    },
    to: {
      path: '^server/',
      pathNot: [`^server/${name}/`, '^server/platform/', ...lower.map((other) => `^server/${other}/api\\.ts$`)],
    },
  }))
})

export default {
  forbidden: [
    ...moduleRules,
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'platform-knows-no-domain',
      severity: 'error',
      from: { path: '^server/platform/', pathNot: '\\.test\\.ts$' },
      to: { path: '^server/(?!platform/)' },
    },
    {
      name: 'only-app-knows-the-modules',
      severity: 'error',
      from: { path: '^server/[^/]+\\.ts$', pathNot: '^server/(app|commands|run-command)\\.ts$' },
      to: { path: '^server/[^/]+/module\\.ts$' },
    },
    {
      name: 'outside-the-server-nobody-imports-it',
      severity: 'error',
      from: { path: '^(packages|console|examples)/' },
      to: { path: '^server/' },
    },
    {
      name: 'wire-imports-nobody',
      severity: 'error',
      from: { path: '^packages/wire/' },
      to: { path: '^(packages/(?!wire/)|console/|examples/)' },
    },
    {
      name: 'edge-imports-wire-only',
      severity: 'error',
      from: { path: '^packages/edge/' },
      to: { path: '^(packages/(?!wire/|edge/)|console/|examples/)' },
    },
    {
      name: 'examples-use-the-sdk-only',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^(packages/(?!sdk/)|console/)' },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(dist|node_modules)/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mjs', '.js'],
      exportsFields: ['exports'],
      conditionNames: ['import'],
    },
  },
}
