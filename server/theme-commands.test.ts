import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { administratorCommands } from './administrator-commands.ts'
import { failureOf } from './command-output.ts'
import type { IdentityHouse, IdentityProcess } from './identity/testing.ts'
import { openIdentityHouse, setUp } from './identity/testing.ts'
import { png } from './identity/theme/testing.ts'

let house: IdentityHouse
let server: IdentityProcess
let browser: Awaited<ReturnType<typeof setUp>>
const folder = mkdtempSync(join(tmpdir(), 'custodia-theme-'))
before(async () => {
  house = await openIdentityHouse()
  server = await house.process()
  browser = await setUp(server)
})
after(async () => {
  await house.close()
  rmSync(folder, { recursive: true })
})

const run = async (...line: readonly string[]) => {
  const command = administratorCommands[line.slice(0, 2).join(' ')]
  assert.ok(command)
  return await command(server.identity.administration, line.slice(2), {})
}
const declined = async (...line: readonly string[]) =>
  await run(...line).then(
    () => assert.fail(`${line.join(' ')} was done`),
    (error: Error) => failureOf(error).message,
  )
const file = (name: string, bytes: Uint8Array) => {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

test('name, colour and logo are set one by one, shown, and taken back; the ledger says that the system did it', async () => {
  await run('theme', 'set', 'name', 'Northwind')
  await run('theme', 'set', 'accent', '#0A7D5C')
  const { value, text } = await run('theme', 'set', 'logo', file('logo.png', png()))
  assert.match(text, /^name {3}Northwind\naccent #0a7d5c\nlogo {3}\d+ by \d+ pixels, \/v1\/theme\/logos\//)
  assert.deepEqual((await run('theme', 'show')).value, value)
  assert.deepEqual((await browser.call('GET', '/v1/theme')).body, value)
  const changes = house.house.events.filter(({ type }) => type === 'identity.organisation.theme-changed')
  assert.deepEqual(
    changes.map(({ actor, data }) => [actor, (data as { changed: string[] }).changed]),
    ['name', 'accent', 'logo'].map((part) => [{ kind: 'system' }, [part]]),
  )
  for (const part of ['name', 'accent', 'logo']) await run('theme', 'set', part, 'none')
  assert.match((await run('theme', 'show')).text, /^name {3}none\naccent none\nlogo {3}none$/)
})

test('what may not be is refused in words, and changes nothing', async () => {
  const before = (await run('theme', 'show')).value
  for (const [line, says] of [
    [['size', 'big'], /no part “size”/],
    [['__proto__', 'x'], /no part/],
    [['accent', 'red'], /accent is a colour/],
    [['accent', '#12345'], /accent is a colour/],
    [['name', 'x'.repeat(61)], /name is up to 60/],
    [['name', 'a\u202eb'], /name is up to 60/],
    [['logo', join(folder, 'none.png')], /There is no file/],
    [['logo', file('large.png', new Uint8Array(65_537))], /a logo has up to 65536/],
    [['logo', file('page.png', Buffer.from('<svg onload=alert(1)>'))], /./],
    [['logo', file('cut.png', png().subarray(0, 40))], /./],
  ] as const)
    assert.match(String(await declined('theme', 'set', ...line)), says, line.join(' '))
  assert.deepEqual((await run('theme', 'show')).value, before)
})
