import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encode } from 'uqr'
import { qrPath } from './qr-path.ts'

/** Reads the path back, module by module. */
function modules(path: string, size: number): boolean[][] {
  const rows = Array.from({ length: size }, () => Array.from({ length: size }, () => false))
  for (const [, x, y, width, back] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-(\d+)z/g)) {
    assert.equal(width, back)
    for (let i = 0; i < Number(width); i++) (rows[Number(y)] as boolean[])[Number(x) + i] = true
  }
  return rows
}

test('the picture has exactly the modules of the code', () => {
  const { data, size } = encode('otpauth://totp/Custodia:ada@harbour.example?secret=JBSWY3DPEHPK3PXP&issuer=Custodia')
  assert.deepEqual(modules(qrPath(data), size), data)
})

test('where nothing is dark nothing is drawn', () => {
  assert.equal(qrPath([]), '')
  assert.equal(qrPath([[false, false]]), '')
})
