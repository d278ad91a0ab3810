import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildBreachedFilter } from '../server/identity/passwords/build-breached-filter.ts'
import { root } from './suite.ts'

// Writes the filter that comes with the server, from the list beside it. A test fails where they differ.
const folder = join(root, 'server/identity/passwords')
const { bytes, entries } = await buildBreachedFilter(join(folder, 'common-passwords.txt'))
writeFileSync(join(folder, 'common-passwords.filter'), bytes)
console.log(`${entries} passwords in ${bytes.length} bytes`)
