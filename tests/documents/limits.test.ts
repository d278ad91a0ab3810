import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { NewLimitEntry, SetLimitPolicy } from '@custodia/wire/http/limits.ts'
import { Value } from 'typebox/value'
import { checkLimits as checkEdgeLimits } from '../../server/gateway/edge/limits.ts'
import { checkLimits } from '../../server/platform/http/limits.ts'
import { root } from '../../tools/suite.ts'

const guide = readFileSync(join(root, 'docs/guide/limits.md'), 'utf8')
const [configuration, policy, challenging, entry, edge, ...more] = [...guide.matchAll(/```json\n([^`]+)```/g)].map(
  ([, text = '']): { limits?: { classes?: unknown } } => JSON.parse(text),
)

test('whoever copies from the guide to limits writes what is taken', () => {
  assert.equal(more.length, 0)
  assert.equal(checkLimits(configuration?.limits?.classes).read.burst, 2_400)
  for (const one of [policy, challenging]) assert.ok(Value.Check(SetLimitPolicy, one))
  assert.ok(Value.Check(NewLimitEntry, entry))
  assert.equal(checkEdgeLimits(edge?.limits, 'limits').length, 2)
})
