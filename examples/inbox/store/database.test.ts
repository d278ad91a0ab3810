import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { openDatabase } from './database.ts'

/** Holds the lock of who writes, in a store that nobody has made yet, and lets go a little later. */
const other = `
  const { DatabaseSync } = require('node:sqlite')
  const { parentPort, workerData } = require('node:worker_threads')
  const database = new DatabaseSync(workerData)
  database.exec('BEGIN IMMEDIATE')
  parentPort.postMessage('held')
  setTimeout(() => { database.exec('COMMIT'); database.close() }, 300)
`

test('a new store that another process is just making is waited for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'inbox-store-'))
  try {
    const worker = new Worker(other, { eval: true, workerData: join(folder, 'inbox.sqlite') })
    await once(worker, 'message')
    const database = openDatabase(folder)
    assert.equal(database.prepare('PRAGMA journal_mode').get()?.journal_mode, 'wal')
    database.close()
    await once(worker, 'exit')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
