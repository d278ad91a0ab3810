import assert from 'node:assert/strict'
import { test } from 'node:test'
import { piecesOf } from './links.ts'

const origin = 'http://custodia.localhost:8080'
const links = (text: string) => piecesOf(text, origin).flatMap(({ href }) => (href === null ? [] : [href]))

test('an address of our own can be pressed, without the full stop behind it', () => {
  assert.deepEqual(links(`Open ${origin}/recover#abc234. Or (${origin}/x?a=b)!`), [
    `${origin}/recover#abc234`,
    `${origin}/x?a=b`,
  ])
  assert.deepEqual(links(`${origin}\n${origin}/`), [origin, `${origin}/`])
})

test('an address that is not ours, however much it looks so, can’t', () => {
  for (const text of [
    'https://custodia.localhost:8080/',
    'http://custodia.localhost/',
    'http://custodia.localhost:80800/',
    'http://custodia.localhost:8080.evil.example/',
    'http://custodia.localhost:8080@evil.example/',
    'http://evil.example/http://custodia.localhost:8080/',
    'http://evil.example?http://custodia.localhost:8080/',
    'http://user:pass@custodia.localhost:8080/',
    'http://custodia.localhost:8080\\@evil.example/',
    'http:\\\\custodia.localhost:8080/',
    'javascript:alert(1)//http:custodia.localhost:8080',
    '//custodia.localhost:8080/',
    'http://',
    'http://[',
    'www.custodia.localhost',
  ])
    assert.deepEqual(links(text), [], text)
})

test('the pieces together are the text', () => {
  for (const text of ['', 'no address', `${origin}/a ${origin}/b`, `<${origin}/a>\n\n"http://evil.example/"`])
    assert.equal(
      piecesOf(text, origin)
        .map((piece) => piece.text)
        .join(''),
      text,
    )
})
