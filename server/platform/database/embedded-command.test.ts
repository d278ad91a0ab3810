import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { keepingLog } from '../telemetry/testing.ts'
import { embeddedInstallation } from './embedded/installation.ts'
import { joinEmbedded } from './embedded/running.ts'
import type { Keeper } from './embedded/server-of.ts'
import type { Supervised } from './embedded/supervise.ts'
import { supervise } from './embedded/supervise.ts'
import { eventually, freshFolder, query, removeFolders } from './fixtures/observe.ts'

after(removeFolders)

const start = (dataFolder: string, keeper: Keeper, log = keepingLog().log): Promise<Supervised> =>
  supervise({ installation: embeddedInstallation(), dataFolder, log, keeper, syncNewFiles: false })
const waits = async (promise: Promise<unknown>) => (await Promise.race([promise, turn('waits')])) === 'waits'

describe('commands and servers on one folder', () => {
  test('a command joins what a server keeps, and not what another command keeps, which ends with that one', async () => {
    const folder = freshFolder()
    assert.equal(await joinEmbedded(folder), null)
    const command = await start(folder, 'command')
    assert.equal(await joinEmbedded(folder), null)
    await command.stop()
    const server = await start(folder, 'server')
    assert.equal(await joinEmbedded(folder), server.url)
    await server.stop()
  })

  test('a start waits for the end of a command, and says so', async () => {
    const folder = freshFolder()
    const command = await start(folder, 'command')
    const { log, lines } = keepingLog()
    const starting = start(folder, 'server', log)
    starting.catch(() => {})
    await eventually('it waits', () => lines.some(({ message }) => /a command works on this folder/.test(message)))
    assert.deepEqual(await query(command.url, 'select 1 as one'), [{ one: 1 }])
    await command.stop()
    const server = await starting
    assert.deepEqual(await query(server.url, 'select 1 as one'), [{ one: 1 }])
    await server.stop()
  })

  test('a command waits for a server that is starting, and for its database at the first start', async () => {
    const folder = freshFolder()
    const { log, lines } = keepingLog()
    const server = await start(folder, 'server', log)
    const state = join(folder, 'postgres', 'postmaster.pid')
    const written = readFileSync(state, 'utf8')
    writeFileSync(state, written.replace('ready   ', 'starting'))
    const early = joinEmbedded(folder)
    assert.ok(await waits(early))
    writeFileSync(state, written)
    assert.equal(await early, server.url)

    await query(server.adminUrl, 'alter database custodia rename to later')
    const first = joinEmbedded(folder)
    await eventually('it was refused', () => lines.some(({ message }) => /does not exist/.test(message)))
    assert.ok(await waits(first))
    await query(server.adminUrl, 'alter database later rename to custodia')
    assert.equal(await first, server.url)
    await server.stop()
  })
})
