import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import cedar from '@cedar-policy/cedar-wasm/nodejs'
import { isRefusal } from '../../platform/errors.ts'
import { openLaboratory } from './laboratory.ts'
import { limits } from './limits.ts'
import { declaredTypes, schemaOf } from './schema.ts'
import { builtIn, file, source } from './testing.ts'

const schema = schemaOf(source)
const declared = declaredTypes(source.resourceTypes)
const laboratory = openLaboratory()
const study = (text: string) => laboratory.study({ text, schema, declared, builtIn })

/** @returns code and detail. */
async function refusal(text: string): Promise<readonly [string, string]> {
  const error = await study(text).then(
    () => assert.fail('it was read'),
    (error: unknown) => error,
  )
  assert.ok(isRefusal(error), String(error))
  return [error.code, String(error.details.detail ?? '')]
}

const permit = (condition: string, id = 'a') =>
  `@id("${id}") permit(principal, action, resource) when { ${condition} };`
const plain = (id: string) => `@id("${id}") permit(principal, action, resource);`
const testOf = (name: string, more: object) =>
  `// test: ${name}\n// ${JSON.stringify({
    principal: { type: 'Custodia::User', id: 'bo' },
    action: 'inbox:mail:read',
    resource: { type: 'Inbox::Mailbox', id: '7' },
    expect: 'deny',
    ...more,
  })}\n`

describe('no policy file is', () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['one with a mistake, whose line is named', `// ä\n\n${permit('1 + ')}`, /^line 3: unexpected token/],
    ['a policy without an id', 'permit(principal, action, resource);', /@id/],
    ['an id with capitals', plain('Aa'), /@id/],
    ['an id as built-in policies have', plain('role/reader'), /@id/],
    ['the name of a prototype', plain('__proto__'), /@id/],
    ['an id that is too long', plain('a'.repeat(101)), /@id/],
    ['an empty id', plain(''), /@id/],
    ['two policies of one id', `${plain('a')}\n${permit('true')}`, /^line 2: there are two policies/],
    ['a template', '@id("a") permit(principal == ?principal, action, resource);', /templates/],
    ['too many policies', Array.from({ length: limits.policies + 1 }, (_, at) => plain(`p${at}`)).join('\n'), /1000/],
    ['too many bytes', `// ${'x'.repeat(limits.text)}`, /262144 bytes/],
    ['half a character', `// \ud800`, /Unicode/],
    ['a test without a name', `// test:\n// {}`, /name/],
    ['a test without JSON', `// test: a\n`, /JSON/],
    ['a test with broken JSON', `// test: a\n// {`, /JSON/],
    ['a test that is a list', `// test: a\n// []`, /JSON/],
    ['a test with a member of no meaning', testOf('a', { prinzipal: 1 }), /prinzipal/],
    ['a test that expects nothing', testOf('a', { expect: 'maybe' }), /expect/],
    ['a test of a prototype', `// test: a\n// { "__proto__": { "expect": "allow" } }`, /__proto__/],
    ['a test whose entity has no name', testOf('a', { entities: [{ attrs: {} }] }), /entity/],
    ['two tests of one name', testOf('a', {}) + testOf('a', {}), /^line 3: there are two tests/],
    ['too many tests', Array.from({ length: limits.tests + 1 }, (_, at) => testOf(`t${at}`, {})).join(''), /500 tests/],
    ['a test that is too long', testOf('a', { context: { risk: 'x'.repeat(limits.test) } }), /16384/],
  ]
  for (const [what, text, why] of cases)
    test(what, async () => {
      const [code, detail] = await refusal(text)
      assert.equal(code, 'ACCESS_POLICY_UNREADABLE')
      assert.match(detail, why)
    })
})

test('depth that breaks Cedar’s memory breaks nothing here: it is refused, and everybody decides as before', async () => {
  const deep = (open: string, close: string, depth: number) => permit(`${open.repeat(depth)}true${close.repeat(depth)}`)
  for (const text of [deep('(', ')', 20_000), deep('[', ']', 20_000), deep('if true then true else ', '', 9_000)]) {
    const [code] = await refusal(text)
    assert.equal(code, 'ACCESS_POLICY_TOO_COMPLEX')
  }
  assert.equal(cedar.checkParsePolicySet({ staticPolicies: plain('a') }).type, 'success')
  assert.equal((await study(file)).errors.length, 0)
})

test('a reading that takes too long is ended', async () => {
  const hasty = openLaboratory({ studyMs: 1 })
  await assert.rejects(hasty.study({ text: file, schema, declared, builtIn }), (error) =>
    isRefusal(error, 'ACCESS_POLICY_TOO_COMPLEX'),
  )
})

test('who comes while many wait is sent away, and the others are served in turn', async () => {
  const crowded = openLaboratory({ studyMs: 1 })
  const order = { text: file, schema, declared, builtIn }
  const outcomes = await Promise.allSettled(Array.from({ length: limits.waiting + 2 }, () => crowded.study(order)))
  const codes = outcomes.map((one) => (one.status === 'rejected' ? (one.reason as { code: string }).code : 'read'))
  assert.equal(codes.filter((code) => code === 'ACCESS_POLICY_BUSY').length, 2)
})

describe('validation finds', () => {
  const scope = (action: string, resource = 'resource') => `@id("a") permit(principal, ${action}, ${resource});`
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      'a permission that does not exist',
      scope('action == Custodia::Action::"inbox:mail:shred"'),
      /unrecognized action/,
    ],
    ['a type that does not exist', scope('action', 'resource is Inbox::Letterbox'), /unrecognized entity type/],
    ['an attribute that does not exist', permit('principal.salary == 1'), /salary/],
    ['the name of a prototype as an attribute', permit('context.constructor == 1'), /constructor/],
    ['numbers compared with texts', permit('context.risk > "high"'), /type/],
    ['a time that is none', permit('context.time < datetime("2026-13-01")'), /datetime/],
    ['an optional attribute that nobody asked for first', permit('context.dataClass == "secret"'), /optional/],
    ['a condition of another application', permit('context has application && context.application.nope == 1'), /./],
    ['a number that Cedar’s JSON form rounds', permit('context.risk < 9007199254740993'), /number|integer|rounded/],
  ]
  for (const [what, text, why] of cases)
    test(what, async () => {
      const { errors, tests } = await study(`\n\n${text}\n${testOf('not run', {})}`)
      assert.ok(errors.length > 0)
      assert.match(errors.map(({ message }) => message).join('\n'), why)
      assert.deepEqual([errors[0]?.policy, tests.length], ['a', 0])
      if (!/rounded/.test(errors[0]?.message ?? '')) assert.equal(errors[0]?.line, 3)
    })
})

test('a policy that can never hold is warned of, and no error', async () => {
  const { errors, warnings } = await study(scopeOfNobody)
  assert.deepEqual(errors, [])
  assert.match(warnings[0]?.message ?? '', /impossible|applicable/)
})
const scopeOfNobody =
  '@id("a") permit(principal, action == Custodia::Action::"ledger:read", resource is Inbox::Mailbox);'

test('tests are answered by Cedar and by the compiled form, and both say who decided', async () => {
  const { tests, policies, errors } = await study(file)
  assert.deepEqual(errors, [])
  assert.deepEqual(
    policies.map(({ id, effect, actions }) => [id, effect, actions]),
    [
      ['delete-in-office', 'permit', ['inbox:mail:delete']],
      ['no-secrets-at-risk', 'forbid', ['inbox:mail:read', 'inbox:mail:delete']],
    ],
  )
  for (const { reference, compiled, problem } of tests) {
    assert.equal(problem, null)
    assert.deepEqual(reference, compiled)
  }
  assert.deepEqual(
    tests.map(({ reference }) => reference?.by),
    [['delete-in-office'], ['no-secrets-at-risk']],
  )
})

test('a test may name times, addresses and relations plainly, and what an application sends', async () => {
  const text = `@id("shared") permit(principal, action == Custodia::Action::"inbox:mail:read", resource is Inbox::Mailbox)
    when { principal in resource.reader && context.time < datetime("2026-02-01") && context has application
      && context.application has opened && context.application.opened < context.time };
${testOf('held', {
  context: { time: '2026-01-31T00:00:00Z', application: { opened: '2026-01-01' } },
  entities: [
    {
      uid: { type: 'Custodia::User', id: 'bo' },
      parents: [{ type: 'Custodia::Relation', id: 'inbox:mailbox/7#reader' }],
    },
  ],
  expect: 'allow',
})}`
  const { tests, errors } = await study(text)
  assert.deepEqual(errors, [])
  assert.deepEqual(tests[0]?.compiled, { decision: 'allow', by: ['shared'], errors: [] })
  assert.deepEqual(tests[0]?.reference, tests[0]?.compiled)
})

test('a test that asks what nobody can ask says so and is not answered', async () => {
  for (const [more, why] of [
    [{ action: 'inbox:mail:shred' }, /./],
    [{ action: 'ledger:read' }, /resource/],
    [{ principal: { type: 'Custodia::Role', id: 'reader' } }, /principal/],
    [{ context: { risk: 'high' } }, /./],
    [{ context: { colour: 'red' } }, /./],
    [{ context: { network: 'everywhere' } }, /./],
    [{ entities: [{ uid: { type: 'Inbox::Mailbox', id: '7' }, attrs: { folder: 7 } }] }, /./],
  ] as const) {
    const { tests } = await study(testOf('asked', more))
    assert.equal(tests[0]?.reference, null, JSON.stringify(more))
    assert.match(tests[0]?.problem ?? '', why)
  }
})
