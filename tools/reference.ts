import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describeHouse } from './reference/describe-house.ts'
import { referencePages } from './reference/pages.ts'
import { root } from './suite.ts'

// Writes docs/reference/ from what the manifests declare. Run it after a change of settings, errors, events, permissions,
// routes or figures; a test fails until then.
const folder = join(root, 'docs/reference')
mkdirSync(folder, { recursive: true })
const pages = referencePages(await describeHouse())
for (const [name, text] of Object.entries(pages)) writeFileSync(join(folder, name), text)
console.log(`${Object.keys(pages).length} pages written to docs/reference`)
