import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { contrast, hexOf, linearOf, oklchOf, screenColour } from './colour.ts'
import type { Scheme, Tones } from './tones.ts'
import { rulesOf, schemes, tonesOf } from './tones.ts'

const styles = readFileSync(new URL('../styles.css', import.meta.url), 'utf8')
const both = ['light', 'dark'] as const

/** What `styles.css` says of a colour, as a screen shows it. */
function styled(name: string, scheme: Scheme): string {
  const value = new RegExp(`--color-${name}: light-dark\\((#\\w+|oklch\\([^)]*\\)), (#\\w+|oklch\\([^)]*\\))\\)`).exec(
    styles,
  )
  const said = value?.[scheme === 'light' ? 1 : 2] ?? assert.fail(`${name} is not there`)
  if (said.startsWith('#')) return said
  const [lightness = 0, chroma = 0, hue = 0] = [...said.matchAll(/[\d.]+/g)].map(Number)
  return screenColour({ lightness: lightness / 100, chroma, hue })
}

const colours = fc
  .tuple(fc.nat(255), fc.nat(255), fc.nat(255))
  .map((parts) => `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`)

/** All that WCAG 2.2 AA asks of the places where the tones are used. */
function requireReadable(tones: Tones, scheme: Scheme, accent: string): void {
  const { surfaces } = schemes[scheme]
  const least = (what: string, one: string, other: string, ratio: number) =>
    assert.ok(contrast(one, other) >= ratio, `${accent}, ${scheme}: ${what} has ${contrast(one, other)}`)
  for (const surface of surfaces) {
    least('a button', tones.accent, surface, 3)
    least('a button under the pointer', tones['accent-hover'], surface, 3)
    least('a link', tones.link, surface, 4.5)
  }
  least('a text on a button', tones['on-accent'], tones.accent, 4.5)
  least('a text on a button under the pointer', tones['on-accent'], tones['accent-hover'], 4.5)
  least('a link on its soft ground', tones.link, tones['accent-soft'], 4.5)
  least('a text on the soft ground', styled('ink', scheme), tones['accent-soft'], 7)
  least('a muted text on the soft ground', styled('muted', scheme), tones['accent-soft'], 4.5)
}

test('the surfaces, and what is written on them, are those of the style sheet', () => {
  for (const scheme of both) {
    const said = ['canvas', 'sunken', 'raised', 'hover'].map((name) => styled(name, scheme))
    assert.deepEqual(schemes[scheme].surfaces, [...new Set(said)])
    assert.equal(schemes[scheme].ink, styled('ink', scheme))
  }
})

test('whatever colour is chosen, everything can be read and seen in both schemes', () => {
  fc.assert(
    fc.property(colours, fc.constantFrom(...both), (accent, scheme) =>
      requireReadable(tonesOf(accent, scheme), scheme, accent),
    ),
    { numRuns: 400 },
  )
})

test('so it is at the corners: each of the screen’s own colours, greys, and those that are hardest', () => {
  const corners = [0, 0x77, 0x80, 0xff].flatMap((red) =>
    [0, 0x77, 0xff].flatMap((green) => [0, 0x77, 0xff].map((blue) => [red, green, blue])),
  )
  for (const parts of corners) {
    const accent = `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`
    for (const scheme of both) requireReadable(tonesOf(accent, scheme), scheme, accent)
  }
})

test('a colour that can be seen stays what it is', () => {
  for (const [accent, scheme] of [
    ['#0a7d5c', 'light'],
    ['#b3005e', 'light'],
    ['#8fd3ff', 'dark'],
    ['#ffcc00', 'dark'],
  ] as const)
    assert.equal(tonesOf(accent, scheme).accent, accent)
})

test('one that can’t keeps its hue, and is changed no more than it must be', () => {
  fc.assert(
    fc.property(colours, fc.constantFrom(...both), (accent, scheme) => {
      const { accent: button } = tonesOf(accent, scheme)
      if (button === accent) return
      const least = Math.min(...schemes[scheme].surfaces.map((surface) => contrast(button, surface)))
      const [light, dark] = [contrast('#ffffff', button), contrast('#000000', button)]
      assert.ok(least < 3.4 || (light >= 4.5 && light < 4.9) || (dark >= 7 && dark < 7.5), `${accent} became ${button}`)
      const [was, is] = [oklchOf(accent), oklchOf(button)]
      const turned = Math.abs(((is.hue - was.hue + 540) % 360) - 180)
      assert.ok(is.chroma < 0.03 || turned < 12, `${accent} became ${button}: its hue turned by ${turned}`)
    }),
    { numRuns: 300 },
  )
})

test('the rules of a page hold colours and nothing else', () => {
  fc.assert(
    fc.property(colours, (accent) => {
      const set = '(?:--color-[a-z-]+:#[0-9a-f]{6};){5}'
      assert.match(rulesOf(accent), new RegExp(`^:root{${set}}@media \\(prefers-color-scheme:dark\\){:root{${set}}}$`))
    }),
    { numRuns: 50 },
  )
})

test('a light colour has dark letters, a dark one light ones', () => {
  assert.equal(tonesOf('#ffcc00', 'dark')['on-accent'], '#000000')
  assert.equal(tonesOf('#7a0019', 'light')['on-accent'], '#ffffff')
})

test('contrast is WCAG’s: 21 for black on white, 1 for a colour on itself, the same both ways', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21)
  // From the WCAG's own techniques (G18): the lightest grey on white that is enough for text.
  assert.ok(contrast('#767676', '#ffffff') >= 4.5 && contrast('#777777', '#ffffff') < 4.5)
  fc.assert(
    fc.property(colours, colours, (one, other) => {
      assert.equal(contrast(one, one), 1)
      assert.equal(contrast(one, other), contrast(other, one))
    }),
  )
})

test('there and back a colour is the same, in light as in OKLCH', () => {
  fc.assert(
    fc.property(colours, (colour) => {
      assert.equal(hexOf(linearOf(colour)), colour)
      const [back, there] = [linearOf(screenColour(oklchOf(colour))), linearOf(colour)]
      assert.ok(
        back.every((part, i) => Math.abs(part - (there[i] as number)) < 0.02),
        colour,
      )
    }),
  )
})

test('OKLCH is that of CSS', () => {
  // CSS Color 4, sample conversions: red is oklch(62.796% 0.25768 29.234).
  const red = oklchOf('#ff0000')
  assert.ok(Math.abs(red.lightness - 0.62796) < 1e-4 && Math.abs(red.chroma - 0.25768) < 1e-4)
  assert.ok(Math.abs(red.hue - 29.234) < 1e-2)
})
