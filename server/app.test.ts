import assert from 'node:assert/strict'
import test from 'node:test'
import { errorTables, eventCatalogue, modules, settingTables } from './app.ts'
import { platformSettings } from './platform/config/platform-settings.ts'

test('a module uses only modules that stand before it', () => {
  const before: string[] = []
  for (const module of modules) {
    for (const used of module.uses) assert.ok(before.includes(used), `${module.name} uses ${used}`)
    before.push(module.name)
  }
})

test('an error code means one thing in the whole house, and begins with a word of its module', () => {
  const owners = new Map<string, string>()
  for (const { module, errors } of errorTables) {
    for (const code of Object.keys(errors)) {
      assert.equal(owners.get(code), undefined, `${code} is declared by ${owners.get(code)} and ${module}`)
      assert.match(code, /^[A-Z]+(?:_[A-Z]+)+$/)
      owners.set(code, module)
    }
  }
  assert.ok(owners.size > 30)
})

test('every error says what happened and what to do, in whole sentences', () => {
  for (const { errors } of errorTables)
    for (const [code, { title, help }] of Object.entries(errors)) {
      for (const text of [title, help]) assert.match(text, /^[A-Z`].*[.!]$/s, `${code}: ${text}`)
    }
})

test('every type of event is named module.noun.verb and has a summary', () => {
  for (const [type, summary] of Object.entries(eventCatalogue)) {
    assert.match(type, /^[a-z]+(?:\.[a-z]+(?:-[a-z]+)*)+$/)
    assert.ok(summary.length > 10, type)
  }
})

test('the example of every setting is accepted, and its description is a sentence', () => {
  for (const [module, table] of Object.entries({ platform: platformSettings, ...settingTables }))
    for (const [name, setting] of Object.entries(table)) {
      assert.doesNotThrow(() => setting.parse(setting.example), `${module}.${name}`)
      assert.match(setting.description, /\.$/, `${module}.${name}`)
    }
})
