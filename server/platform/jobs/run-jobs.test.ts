import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { sql } from 'kysely'
import { eventually } from '../cache/testing.ts'
import type { Database } from '../database/database.ts'
import { openDatabase } from '../database/open.ts'
import type { TestDatabase } from '../database/testing.ts'
import { openTestDatabase } from '../database/testing.ts'
import { createMetrics } from '../telemetry/registry.ts'
import { keepingLog } from '../telemetry/testing.ts'
import type { JobNeeds } from './attempt-job.ts'
import { attemptJob } from './attempt-job.ts'
import type { Job } from './job.ts'
import { jobMigrations, runJobs } from './run-jobs.ts'
import { claimJob, endLease, registerJobs, releaseLease, renewLease } from './store.ts'

let storage: TestDatabase
let other: Database
before(async () => {
  storage = await openTestDatabase([{ module: 'platform', folder: jobMigrations }])
  other = await storage.reopen()
})
after(() => storage?.close())

const never = new AbortController().signal
const row = async (name: string) =>
  (
    await storage.asOwner(
      `select failures, last_error, last_run_at is not null as ran from platform.job where name = '${name}'`,
    )
  )[0]
/** Makes something happen, which puts the job off by so many seconds: from a moment between its beginning and its end. */
async function putsOff<Result>(name: string, seconds: number, act: () => Promise<Result>): Promise<Result> {
  const [{ begun } = {}] = await storage.asOwner('select clock_timestamp()::text as begun')
  const result = await act()
  const next = `next_run_at - interval '${seconds} seconds'`
  const [found] = await storage.asOwner(`select ${next} >= '${begun}' and ${next} <= clock_timestamp() as due,
    extract(epoch from next_run_at - '${begun}')::float8 as after from platform.job where name = '${name}'`)
  assert.equal(found?.due, true, `${name} is due ${found?.after} seconds after the beginning, not ${seconds}`)
  return result
}
const makeDue = (name: string) =>
  storage.asOwner(`update platform.job set next_run_at = clock_timestamp() where name = '${name}'`)

function needsOf(database: Database = storage.database): JobNeeds & { lines: ReturnType<typeof keepingLog>['lines'] } {
  const metrics = createMetrics()
  const figures = {
    runs: metrics.counter('custodia_job_runs_total', 'x', ['job', 'outcome']),
    seconds: metrics.duration('custodia_job_seconds', 'x', ['job']),
  }
  const { log, lines } = keepingLog()
  return { database, log, lines, figures }
}

test('of two runners that ask 40 times at once, one runs the job, once', async () => {
  await registerJobs(storage.database.queries, ['test.race'])
  let runs = 0
  const job: Job = {
    name: 'test.race',
    everySeconds: 60,
    async run() {
      runs += 1
      await turn()
    },
  }
  const needs = [needsOf(), needsOf(other)] as const
  await putsOff('test.race', 60, () =>
    Promise.all(Array.from({ length: 40 }, (_, index) => attemptJob(job, needs[index % 2] as JobNeeds, never))),
  )
  assert.equal(runs, 1)
  assert.deepEqual(await row('test.race'), { failures: 0, last_error: null, ran: true })
})

test('a process that starts later, and names the same jobs, makes none of them due', async () => {
  const { queries } = storage.database
  await registerJobs(queries, ['test.known'])
  await putsOff('test.known', 30, async () => {
    assert.ok(await claimJob(queries, 'test.known', 30))
    await putsOff('test.new', 0, () => registerJobs(other.queries, ['test.known', 'test.new']))
  })
})

test('a job that does not stop when it is told to holds up the end for five seconds, and is named in the log', async () => {
  const { log, lines } = keepingLog()
  const [started, patience] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const paused: number[] = []
  const stop = await runJobs({
    jobs: [
      {
        name: 'test.stubborn',
        everySeconds: 1,
        run() {
          started.resolve()
          return new Promise(() => {})
        },
      },
    ],
    database: storage.database,
    log,
    metrics: createMetrics(),
    pause(ms) {
      paused.push(ms)
      return patience.promise
    },
  })
  await started.promise
  const stopped = stop()
  await turn()
  assert.equal(lines.length, 0)
  patience.resolve()
  await stopped
  assert.deepEqual(paused, [5_000])
  assert.deepEqual(lines[0]?.fields, { jobs: ['test.stubborn'] })
})

test('while one runs it nobody else can, although it takes longer than its interval', async () => {
  await registerJobs(storage.database.queries, ['test.long'])
  const { promise, resolve } = Promise.withResolvers<void>()
  const running = attemptJob({ name: 'test.long', everySeconds: 1, run: () => promise }, needsOf(), never)
  await eventually(async () => (await row('test.long'))?.ran === true)
  const waits = await attemptJob(
    { name: 'test.long', everySeconds: 1, run: () => assert.fail() },
    needsOf(other),
    never,
  )
  assert.ok(waits > 25 && waits <= 30)
  resolve()
  assert.ok((await running) <= 1)
})

test('a job that fails is put off for longer each time, and forgiven when it works again', async () => {
  await registerJobs(storage.database.queries, ['test.failing'])
  const needs = needsOf()
  let broken = true
  const job: Job = {
    name: 'test.failing',
    everySeconds: 5,
    async run() {
      if (broken) throw Object.assign(new TypeError('ada@example.org is broken'), { code: 'E_BROKEN\n' })
    },
  }
  for (const due of [5, 5, 8, 16, 32, 64, 128, 256, 300, 300]) {
    await makeDue(job.name)
    await putsOff(job.name, due, () => attemptJob(job, needs, never))
  }
  const stored = await row(job.name)
  assert.deepEqual([stored?.failures, stored?.last_error], [10, 'TypeError E_BROKEN?'])
  assert.equal(needs.lines.filter((line) => line.level === 'error').length, 10)
  broken = false
  await makeDue(job.name)
  await putsOff(job.name, 5, () => attemptJob(job, needs, never))
  assert.deepEqual(await row(job.name), { failures: 0, last_error: null, ran: true })
})

test('a job that throws at once, or throws what is no Error, is a failed job like others', async () => {
  await registerJobs(storage.database.queries, ['test.odd'])
  const throwing = (thrown: unknown): Job => ({
    name: 'test.odd',
    everySeconds: 1,
    run() {
      throw thrown
    },
  })
  for (const thrown of ['text', null, undefined, 5]) {
    await makeDue('test.odd')
    await attemptJob(throwing(thrown), needsOf(), never)
    assert.equal((await row('test.odd'))?.last_error, 'not an Error')
  }
})

test('a job that is stopped is due at once for somebody else, and counts as no failure', async () => {
  await registerJobs(storage.database.queries, ['test.stopped'])
  const stopping = new AbortController()
  const job: Job = {
    name: 'test.stopped',
    everySeconds: 3_600,
    run: (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  }
  const running = attemptJob(job, needsOf(), stopping.signal)
  await eventually(async () => (await row('test.stopped'))?.ran === true)
  await putsOff('test.stopped', 0, async () => {
    stopping.abort()
    await running
  })
  assert.deepEqual(await row('test.stopped'), { failures: 0, last_error: null, ran: true })
  assert.notEqual(await claimJob(other.queries, 'test.stopped', 30), null)
})

test('a job that is due just when the server stops is not begun', async () => {
  await registerJobs(storage.database.queries, ['test.unbegun'])
  const stopping = new AbortController()
  await putsOff('test.unbegun', 0, async () => {
    const attempt = attemptJob(
      { name: 'test.unbegun', everySeconds: 60, run: () => assert.fail() },
      needsOf(),
      stopping.signal,
    )
    stopping.abort()
    await attempt
  })
  assert.deepEqual(await row('test.unbegun'), { failures: 0, last_error: null, ran: true })
})

test('the lease of a process that died ends by itself, and its late word changes nothing', async () => {
  const { queries } = storage.database
  await registerJobs(queries, ['test.dead'])
  const dead = await claimJob(queries, 'test.dead', 30)
  assert.ok(dead)
  assert.equal(await claimJob(other.queries, 'test.dead', 30), null)
  await makeDue('test.dead')
  const heir = await putsOff('test.dead', 30, async () => {
    const claimed = await claimJob(other.queries, 'test.dead', 30)
    assert.ok(claimed)
    // Taken by the heir, and of another length than theirs.
    assert.equal(await renewLease(queries, dead, 90), null)
    await endLease(queries, dead, 3_600, 'late')
    await releaseLease(queries, dead)
    return claimed
  })
  assert.deepEqual(await row('test.dead'), { failures: 0, last_error: null, ran: true })
  await putsOff('test.dead', 60, async () => assert.ok(await renewLease(other.queries, heir, 60)))
})

test('a run whose lease was taken is told to stop, and stores nothing', async (t) => {
  await registerJobs(storage.database.queries, ['test.taken'])
  t.mock.timers.enable({ apis: ['setInterval'] })
  const started = Promise.withResolvers<AbortSignal>()
  const ended = Promise.withResolvers<void>()
  const job: Job = {
    name: 'test.taken',
    everySeconds: 1,
    run(signal) {
      started.resolve(signal)
      signal.addEventListener('abort', () => ended.resolve())
      return ended.promise
    },
  }
  const needs = needsOf()
  const running = attemptJob(job, needs, never)
  const signal = await started.promise
  await makeDue('test.taken')
  await putsOff('test.taken', 1_000, async () => {
    assert.ok(await claimJob(other.queries, 'test.taken', 1_000))
    t.mock.timers.tick(5_000)
    await running
  })
  assert.equal(signal.aborted, true)
  assert.equal(needs.lines.at(-1)?.message, 'a job was stopped because its lease was lost')
})

test('a long run keeps its lease', async (t) => {
  await registerJobs(storage.database.queries, ['test.kept'])
  t.mock.timers.enable({ apis: ['setInterval'] })
  const started = Promise.withResolvers<void>()
  const { promise, resolve } = Promise.withResolvers<void>()
  const job: Job = {
    name: 'test.kept',
    everySeconds: 1,
    run() {
      started.resolve()
      return promise
    },
  }
  const running = attemptJob(job, needsOf(), never)
  // By then the lease is held: that the database has it is not yet known here.
  await started.promise
  await storage.asOwner(`update platform.job set last_error = next_run_at::text where name = 'test.kept'`)
  t.mock.timers.tick(5_000)
  const moved = async () =>
    (
      await storage.asOwner(
        `select next_run_at::text <> last_error as moved from platform.job where name = 'test.kept'`,
      )
    )[0]
  await eventually(async () => (await moved())?.moved === true)
  await putsOff('test.kept', 1, async () => {
    resolve()
    await running
  })
  assert.deepEqual(await row('test.kept'), { failures: 0, last_error: null, ran: true })
})

test('jobs run again and again until they are stopped, which stops what runs and starts nothing more', async () => {
  const { log } = keepingLog()
  const paused: number[] = []
  let quickRuns = 0
  const blocked = Promise.withResolvers<AbortSignal>()
  const third = Promise.withResolvers<void>()
  const stop = await runJobs({
    jobs: [
      {
        name: 'test.quick',
        everySeconds: 50,
        async run() {
          quickRuns += 1
          if (quickRuns === 3) third.resolve()
        },
      },
      {
        name: 'test.blocked',
        everySeconds: 1,
        run: (signal) =>
          new Promise((resolve) => {
            blocked.resolve(signal)
            signal.addEventListener('abort', () => resolve())
          }),
      },
    ],
    database: storage.database,
    log,
    metrics: createMetrics(),
    async pause(ms, signal) {
      paused.push(ms)
      // The last one is the patience of the end, which is over as soon as the jobs are.
      if (ms === 5_000) return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
      signal.throwIfAborted()
      await makeDue('test.quick')
    },
  })
  const signal = await blocked.promise
  await third.promise
  assert.equal(signal.aborted, false)
  await stop()
  assert.equal(signal.aborted, true)
  const after = quickRuns
  await turn()
  assert.equal(quickRuns, after)
  // Some seconds may pass between the end of a run and the question when the next one is due.
  assert.ok(paused[0] !== undefined && paused[0] > 46_500 && paused[0] < 55_000)
  await stop()
})

test('a database that is away stops no loop: it is asked again after growing pauses', async () => {
  const { log, lines } = keepingLog()
  const away = openDatabase({ url: storage.database.url, log })
  const paused: number[] = []
  const fourth = Promise.withResolvers<void>()
  const stop = await runJobs({
    jobs: [{ name: 'test.away', everySeconds: 1, run: () => away.close() }],
    database: away,
    log,
    metrics: createMetrics(),
    async pause(ms) {
      paused.push(Math.log2(ms / 1000))
      if (paused.length === 4) fourth.resolve()
      if (paused.length >= 4) await new Promise((resolve) => setImmediate(resolve))
    },
  })
  await fourth.promise
  await stop()
  // 2, 4, 8 and 16 seconds, each with up to a tenth more.
  assert.deepEqual(paused.slice(0, 4).map(Math.floor), [1, 2, 3, 4])
  assert.equal(lines[0]?.message, 'the database could not be asked about a job')
})

test('a job with a strange name, a wrong interval or the name of another is refused before anything runs', async () => {
  const run = () => assert.fail()
  const one = (name: string, everySeconds = 1): Job => ({ name, everySeconds, run })
  const wrong = [
    ...['', 'x', 'A.b', 'a.b c', "a.b'; drop", 'a..b', '.a', 'a.'].map((name) => [one(name)]),
    ...[0, -1, 1.5, 86_401, Number.NaN].map((every) => [one('a.b', every)]),
    [one('a.b'), one('a.b')],
  ]
  for (const jobs of wrong)
    await assert.rejects(runJobs({ jobs, database: storage.database, log: keepingLog().log, metrics: createMetrics() }))
  assert.equal(await row('a.b'), undefined)
})

test('the role of the server can not delete jobs', async () => {
  await assert.rejects(sql`delete from platform.job`.execute(storage.database.queries), /permission denied/)
})
