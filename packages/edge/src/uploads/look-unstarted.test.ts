import assert from 'node:assert/strict'
import type { ForkOptions } from 'node:child_process'
import processes from 'node:child_process'
import { syncBuiltinESMExports } from 'node:module'
import test from 'node:test'
import { lookApart } from './look-apart.ts'
import { usualPolicy } from './policy.ts'

test('where no process can be started, that is a fault and says nothing about the file', async (t) => {
  const { fork } = processes
  // As where the system has no process left (EAGAIN): the child is without a number, and the error comes later.
  const forked = t.mock.method(processes, 'fork', (program: string, args: string[], options: ForkOptions) =>
    fork(program, args, { ...options, execPath: '/nonexistent/node' }),
  )
  syncBuiltinESMExports()
  t.after(() => {
    forked.mock.restore()
    syncBuiltinESMExports()
  })
  const looking = lookApart({ bytes: Buffer.from('a\n'), name: 'a.txt', policy: usualPolicy })
  await assert.rejects(looking, { code: 'ENOENT', syscall: 'spawn /nonexistent/node' })
})
