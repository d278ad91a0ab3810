import { writeFileSync } from 'node:fs'
import { availableParallelism, cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { accessCheck } from '../bench/access-check.ts'
import { cedar } from '../bench/cedar.ts'
import { challenges } from '../bench/challenges.ts'
import { envelope } from '../bench/envelope.ts'
import { flood } from '../bench/flood.ts'
import { gatewayDefended } from '../bench/gateway-defended.ts'
import { gatewayHop } from '../bench/gateway-hop.ts'
import { idleConnections } from '../bench/idle-connections.ts'
import { keyVerification } from '../bench/key-verification.ts'
import { ledgerAppend } from '../bench/ledger-append.ts'
import { limiter } from '../bench/limiter.ts'
import type { Bench, Row } from '../bench/measure/row.ts'
import { memory } from '../bench/memory.ts'
import { passkeySignIns } from '../bench/passkey-sign-in.ts'
import { relations } from '../bench/relations.ts'
import { sessionCheck } from '../bench/session-check.ts'
import { sessionMemory } from '../bench/session-memory.ts'
import { sessionStores } from '../bench/session-stores.ts'
import { signIns } from '../bench/sign-in.ts'
import { start } from '../bench/start.ts'
import { uploads } from '../bench/uploads.ts'

// `npm run bench`: every promise about speed, each beside its limit or a peer. docs/bench.md says how to read it.

const benches: readonly Bench[] = [
  sessionCheck,
  sessionStores,
  sessionMemory,
  gatewayHop,
  gatewayDefended,
  signIns,
  passkeySignIns,
  envelope,
  cedar,
  accessCheck,
  keyVerification,
  relations,
  ledgerAppend,
  limiter,
  challenges,
  flood,
  uploads,
  start,
  idleConnections,
  memory,
]
const names = benches.map(({ name }) => name).join(', ')

const { values: options, positionals } = parseArgs({
  options: { json: { type: 'string' }, help: { type: 'boolean', short: 'h', default: false } },
  allowPositionals: true,
})
const unknown = positionals.find((word) => !benches.some(({ name }) => name === word))

if (options.help || unknown !== undefined) {
  if (unknown !== undefined) console.error(`There is no bench ${unknown}.`)
  console.log(`npm run bench [-- NAME …] [--json FILE]

Measures what is promised about speed, each beside its limit or a peer. Without names all of them, in about ten minutes.
  NAME         ${names}
  --json FILE  write the rows there, as [{ name, ours, other, unit, ratio, goal, met }]`)
  process.exit(unknown === undefined ? 0 : 2)
}

console.log(`${availableParallelism()} × ${cpus()[0]?.model ?? 'processor'}, Node ${process.version}`)
const rows: Row[] = []
for (const bench of benches) {
  if (positionals.length > 0 && !positionals.includes(bench.name)) continue
  console.log(`\n${bench.name} …`)
  for (const row of await bench.run()) {
    rows.push(row)
    console.log(`  ${line(row)}`)
    for (const remark of row.remarks) console.log(`      ${remark}`)
  }
}
if (options.json !== undefined) {
  const figures = rows.map(({ remarks: _remarks, ...figure }) => figure)
  writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`)
}
const missed = rows.filter((row) => !row.met).length
console.log(`\n${rows.length - missed} of ${rows.length} promises kept.`)

function line({ name, ours, other, unit, ratio, goal, met }: Row): string {
  const figures = `${ours} beside ${other} ${unit}`
  return `${met ? '✔' : '✖'} ${name.padEnd(52)} ${figures.padEnd(34)} ratio ${ratio} (goal ${goal})`
}
