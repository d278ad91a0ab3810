import { ensurePrerequisites } from './prerequisites.ts'
import { houseStep, runSteps, testStep, toolStep } from './suite.ts'

// Everything: what `.ci/run` calls and what must pass before a change lands.
const missing = ensurePrerequisites()

const result = await runSteps([
  toolStep('types of server, packages and tools', 'tsc', ['-p', '.']),
  toolStep('types of the console', 'tsc', ['-p', 'console']),
  toolStep('format and lint', 'biome', ['ci', '.']),
  // The count: a parser that reads nothing would find nothing.
  toolStep(
    'import law',
    'depcruise',
    ['server', 'packages', 'examples', 'console/src', '--config', '.dependency-cruiser.mjs'],
    /\((?:\d{3,}) modules,/,
  ),
  toolStep('dead code', 'knip', []),
  houseStep,
  toolStep('build of the console', 'vite', ['build', 'console', '--logLevel', 'warn']),
  testStep(
    'units and contracts',
    ['server/**/*.test.ts', 'packages/**/*.test.ts', 'console/src/**/*.test.ts', 'tools/**/*.test.ts'],
    { concurrency: 2 },
  ),
  testStep('the example', ['examples/**/*.test.ts'], { concurrency: 2 }),
  testStep('the whole server', ['tests/server/*.test.ts'], { concurrency: 2 }),
  testStep('documents', ['tests/documents/*.test.ts'], { concurrency: 1 }),
  testStep('attacks', ['tests/attack/*.test.ts'], { concurrency: 2 }),
  testStep('browser journeys', ['tests/journeys/*.test.ts'], { concurrency: 1 }),
  testStep('faults', ['tests/fault/*.test.ts'], { concurrency: 1 }),
])

if (result.failures.length > 0) console.log(`Failed: ${result.failures.join(', ')}.`)
if (missing.length > 0) console.log(`Missing: ${missing.join('; ')}.`)
console.log(`${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`)
process.exitCode = result.failed > 0 || result.passed === 0 ? 1 : 0
