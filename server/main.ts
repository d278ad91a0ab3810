import { enableCompileCache, flushCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// What was compiled is kept beside what was installed, and belongs to whoever installed it: a user who may not write there runs without.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/custodia', import.meta.url)))
if (process.argv[2] === 'start') (await import('./make-database-ahead.ts')).makeDatabaseAhead(process.env)
await import('./run-command.ts')
// Kept even where the process is killed.
flushCompileCache()
