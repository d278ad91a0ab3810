/** Red, green and blue in linear light, 0 to 1 where a screen can show it. */
export type Linear = readonly [number, number, number]
/** Lightness 0 to 1, chroma from 0, hue in degrees (CSS Color 4 §9.3). */
export type Oklch = { readonly lightness: number; readonly chroma: number; readonly hue: number }

/** @param hex as in `#1f6feb`. */
export function linearOf(hex: string): Linear {
  const part = (from: number) => {
    const value = Number.parseInt(hex.slice(from, from + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return [part(1), part(3), part(5)]
}

/** What a screen can't show is cut to what it can. @returns as in `#1f6feb`. */
export function hexOf(linear: Linear): string {
  const part = (light: number) => {
    const value = light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055
    return Math.round(Math.min(1, Math.max(0, value)) * 255)
      .toString(16)
      .padStart(2, '0')
  }
  return `#${linear.map(part).join('')}`
}

/** WCAG 2.2, relative luminance. */
const luminance = ([red, green, blue]: Linear): number => 0.2126 * red + 0.7152 * green + 0.0722 * blue

/** WCAG 2.2, contrast ratio: 1 to 21. */
export function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(linearOf(one)), luminance(linearOf(other))].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}

// The matrices of CSS Color 4 §18.
export function oklchOf(hex: string): Oklch {
  const [r, g, b] = linearOf(hex)
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  const along = 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s
  const across = 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s
  return {
    lightness: 0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    chroma: Math.hypot(along, across),
    hue: (Math.atan2(across, along) * 180) / Math.PI,
  }
}

function linearOfOklch({ lightness, chroma, hue }: Oklch): Linear {
  const [a, b] = [chroma * Math.cos((hue * Math.PI) / 180), chroma * Math.sin((hue * Math.PI) / 180)]
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
}

const onScreen = (linear: Linear) => linear.every((part) => part > -0.0005 && part < 1.0005)

/** The colour of that lightness and hue, with as much of the chroma as a screen can show. @returns as in `#1f6feb`. */
export function screenColour(wanted: Oklch): string {
  let [low, high] = [0, wanted.chroma]
  if (onScreen(linearOfOklch(wanted))) low = high
  while (high - low > 0.0005) {
    const chroma = (low + high) / 2
    if (onScreen(linearOfOklch({ ...wanted, chroma }))) low = chroma
    else high = chroma
  }
  return hexOf(linearOfOklch({ ...wanted, chroma: low }))
}
