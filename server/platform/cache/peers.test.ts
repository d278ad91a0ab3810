import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Peers } from './peers.ts'

function peersAt(startMs: number) {
  let nowMs = startMs
  const peers = new Peers(() => nowMs, 2_000)
  /** Whether the question was settled by now. */
  const ask = () => {
    const { id, answered } = peers.ask()
    let settled = false
    void answered.then(() => {
      settled = true
    })
    const settledByNow = async () => {
      await Promise.resolve()
      await Promise.resolve()
      return settled
    }
    return { id, settled: settledByNow }
  }
  return {
    peers,
    ask,
    pass(ms: number) {
      nowMs += ms
    },
  }
}

test('who is alone is answered by the echo, and not before', async () => {
  const { peers, ask } = peersAt(0)
  const { id, settled } = ask()
  assert.equal(await settled(), false)
  peers.echoed(id)
  assert.equal(await settled(), true)
})

test('everybody seen before the echo must answer', async () => {
  const { peers, ask } = peersAt(0)
  peers.seen('a')
  const { id, settled } = ask()
  peers.seen('b')
  peers.echoed(id)
  peers.answered('a', id)
  assert.equal(await settled(), false)
  peers.answered('b', id)
  assert.equal(await settled(), true)
})

test('an answer to another question, or of a stranger, counts for nothing', async () => {
  const { peers, ask } = peersAt(0)
  peers.seen('a')
  const earlier = ask()
  const { id, settled } = ask()
  peers.echoed(earlier.id)
  peers.answered('a', earlier.id)
  peers.echoed(id)
  peers.answered('stranger', id)
  peers.answered('a', '0')
  assert.equal(await settled(), false)
})

test('an answer before the echo does not stand for the others', async () => {
  const { peers, ask } = peersAt(0)
  for (const peer of ['a', 'b']) peers.seen(peer)
  const { id, settled } = ask()
  peers.answered('a', id)
  assert.equal(await settled(), false)
  peers.echoed(id)
  assert.equal(await settled(), false)
})

test('one that was silent for as long as it can live on its cache is not waited for', async () => {
  const { peers, ask, pass } = peersAt(0)
  peers.seen('dead')
  pass(2_001)
  const { id, settled } = ask()
  peers.echoed(id)
  assert.equal(await settled(), true)
})

test('one that has left is not waited for, neither by the question under way nor by the next', async () => {
  const { peers, ask } = peersAt(0)
  peers.seen('a')
  peers.seen('b')
  const { id, settled } = ask()
  peers.echoed(id)
  peers.left('a')
  peers.left('stranger')
  assert.equal(await settled(), false)
  peers.answered('b', id)
  assert.equal(await settled(), true)
  const next = ask()
  peers.echoed(next.id)
  peers.answered('b', next.id)
  assert.equal(await next.settled(), true)
})

test('silence while we were cut off ourselves is held against nobody', async () => {
  const { peers, ask, pass } = peersAt(0)
  peers.seen('alive')
  pass(60_000)
  peers.reopened()
  const { id, settled } = ask()
  peers.echoed(id)
  assert.equal(await settled(), false)
})

test('however many strangers speak, no more than a thousand are remembered', async () => {
  const { peers, ask } = peersAt(0)
  for (let stranger = 0; stranger < 5_000; stranger++) peers.seen(`s${stranger}`)
  const { id, settled } = ask()
  peers.echoed(id)
  for (let stranger = 0; stranger < 999; stranger++) peers.answered(`s${stranger}`, id)
  assert.equal(await settled(), false)
  peers.answered('s999', id)
  assert.equal(await settled(), true)
})
