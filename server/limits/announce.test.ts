import assert from 'node:assert/strict'
import test from 'node:test'
import { collectingAfterCommit } from '../platform/database/after-commit.ts'
import type { Queries } from '../platform/database/database.ts'
import { announce, changed } from './parts.ts'

test('that limits are others is said though they could not be read here', async () => {
  const published: string[] = []
  const parts = {
    context: { bus: { publish: async (topic: string) => void published.push(topic) } },
    standing: {
      async read() {
        throw new Error('the database is away')
      },
    },
  }
  const tx = {} as Queries
  const [, actions] = await collectingAfterCommit(tx, async () => announce(parts as never, tx))
  await assert.rejects(Promise.all(actions.map((action) => action())), /away/)
  assert.deepEqual(published, [changed])
})
