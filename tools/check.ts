import { houseStep, runSteps, testStep, toolStep } from './suite.ts'

// The inner loop, under a minute: types, lint, and the tests that need no server of their own.
const result = await runSteps([
  toolStep('types of server, packages and tools', 'tsc', ['-p', '.']),
  toolStep('types of the console', 'tsc', ['-p', 'console']),
  toolStep('format and lint', 'biome', ['check', '.']),
  houseStep,
  // A file that starts a server of any kind takes it from a `testing.ts`, a contract or a harness.
  testStep('units', ['server/**/*.test.ts', 'packages/**/*.test.ts', 'console/src/**/*.test.ts'], {
    concurrency: 2,
    unless: /from '[^']*(?:testing|contract|harness)\.ts'/,
  }),
])
console.log(`${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`)
process.exitCode = result.failed > 0 ? 1 : 0
