import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAsking, proveFresh, registerAsker } from './fresh.ts'

test('where no page can ask, nothing was proven', async () => {
  assert.equal(await proveFresh(), false)
  assert.equal(isAsking(), false)
})

test('requests that need it at the same time ask once, and all hear the answer', async () => {
  const answer = Promise.withResolvers<boolean>()
  let times = 0
  const forget = registerAsker(() => {
    times++
    return answer.promise
  })
  const waiting = [proveFresh(), proveFresh(), proveFresh()]
  assert.equal(isAsking(), true)
  answer.resolve(true)
  assert.deepEqual(await Promise.all(waiting), [true, true, true])
  assert.equal(times, 1)
  assert.equal(isAsking(), false)
  forget()
})

test('an answer holds for those who waited for it only', async () => {
  const answers = [true, false]
  const forget = registerAsker(async () => answers.shift() ?? false)
  assert.equal(await proveFresh(), true)
  assert.equal(await proveFresh(), false)
  forget()
})

test('a question that failed is not the answer to the next', async () => {
  let fails = true
  const forget = registerAsker(async () => {
    if (fails) throw new Error('the page went away')
    return true
  })
  await assert.rejects(proveFresh())
  fails = false
  assert.equal(await proveFresh(), true)
  forget()
})

test('a page that left is not asked, and does not take away the one that came after it', async () => {
  const first = registerAsker(async () => false)
  const second = registerAsker(async () => true)
  first()
  assert.equal(await proveFresh(), true)
  second()
  assert.equal(await proveFresh(), false)
})
