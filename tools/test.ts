import { join } from 'node:path'
import { ensurePrerequisites } from './prerequisites.ts'
import { houseStep, root, runSteps, testStep, toolStep } from './suite.ts'

// Everything: what `.ci/run` calls and what must pass before a change lands.
const missing = ensurePrerequisites()

// Hundreds of processes load the same files: each is compiled once.
process.env.NODE_COMPILE_CACHE ??= join(root, 'node_modules/.cache/tests')

// Imported only now: what is installed is looked at when the file is read.
const { testServers, testUrls } = await import('../server/platform/database/embedded/test-server.ts')

// One server of each kind for all files: a fresh database each costs far less than a fresh server.
const embedded = (await testUrls('embedded')).admin
const debian = testServers.every((server) => server.missing === false) ? (await testUrls('debian15')).admin : undefined
const environment = {
  CUSTODIA_TEST_DATABASE_URL: embedded,
  ...(debian === undefined ? {} : { CUSTODIA_TEST_DATABASE_15_URL: debian }),
}

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
    { concurrency: 2, environment, except: /^server\/platform\/database\// },
  ),
  // What starts and kills servers of its own must not share one.
  testStep('the database', ['server/platform/database/*.test.ts'], { concurrency: 1 }),
  testStep('the example', ['examples/**/*.test.ts'], { concurrency: 2 }),
  testStep('the whole server', ['tests/server/*.test.ts'], { concurrency: 2 }),
  // Together, since those of the documents mostly wait for what they start.
  testStep('documents and attacks', ['tests/documents/*.test.ts', 'tests/attack/*.test.ts'], { concurrency: 2 }),
  testStep('browser journeys', ['tests/journeys/*.test.ts'], { concurrency: 2 }),
  testStep('faults', ['tests/fault/*.test.ts'], { concurrency: 1 }),
])

if (result.failures.length > 0) console.log(`Failed: ${result.failures.join(', ')}.`)
if (missing.length > 0) console.log(`Missing: ${missing.join('; ')}.`)
console.log(`${result.passed} passed, ${result.failed} failed, ${result.skipped} skipped`)
process.exitCode = result.failed > 0 || result.passed === 0 ? 1 : 0
