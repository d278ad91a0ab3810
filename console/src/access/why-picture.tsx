import { whyTexts } from '../texts-of-access-why.ts'
import type { Place, Way } from './why-path.ts'

const width = 320
const boxHeight = 42
const step = 68
const edge = 1.5
const longest = 42

/** The middle is left out: the ends of an identifier tell it from others. */
const short = (text: string): string =>
  text.length <= longest ? text : `${text.slice(0, longest - 13)}…${text.slice(-12)}`

/** What a place is called; null where its kind says all. @param nameOf of people, groups and service accounts. */
export function nameOfPlace({ kind, id, on }: Place, nameOf: (id: string) => string): string | null {
  if (kind === 'missing') return whyTexts.missing
  if (id === '') return null
  return on === undefined ? nameOf(id) : `${id} ${whyTexts.on(on)}`
}

/** A way from somebody to what is asked about: from top to bottom, so that it has room on a telephone. The same stands beside it as a list. */
export function WayPicture({ way, nameOf }: { way: Way; nameOf: (id: string) => string }) {
  const { places, outcome } = way
  const height = edge * 2 + boxHeight + (places.length - 1) * step
  const y = (at: number) => edge + at * step
  const words = places.map((place) => [whyTexts.kinds[place.kind], nameOfPlace(place, nameOf) ?? ''].join(' ').trim())
  const leads = outcome === 'permits'
  const line = leads ? 'stroke-link' : 'stroke-bad'
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={whyTexts.picture(words)}
      className="w-full max-w-[320px]"
    >
      {places.slice(1).map((_, before) => {
        const [top, bottom] = [y(before) + boxHeight, y(before + 1)]
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is its number
          <g key={before} fill="none" strokeWidth="1.75" className={line}>
            <path d={`M${width / 2} ${top}V${bottom - 2}`} strokeDasharray={leads ? undefined : '4 4'} />
            <path d={`M${width / 2 - 5} ${bottom - 8}L${width / 2} ${bottom - 2}L${width / 2 + 5} ${bottom - 8}`} />
          </g>
        )
      })}
      {places.map((place, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a step is its number
        <PlaceBox key={at} place={place} y={y(at)} name={nameOfPlace(place, nameOf)} />
      ))}
    </svg>
  )
}

const looks = {
  end: 'fill-accent-soft stroke-link',
  plain: 'fill-canvas stroke-edge',
  bad: 'fill-bad-soft stroke-bad',
} as const

function PlaceBox({ place, y, name }: { place: Place; y: number; name: string | null }) {
  const { kind } = place
  const isEnd = ['user', 'service', 'application', 'resource', 'organisation'].includes(kind)
  const look = kind === 'forbid' || kind === 'missing' ? 'bad' : isEnd ? 'end' : 'plain'
  const middle = width / 2
  return (
    <g>
      <rect
        x={edge}
        y={y}
        width={width - edge * 2}
        height={boxHeight}
        rx="8"
        strokeWidth="1.25"
        strokeDasharray={kind === 'missing' ? '4 4' : undefined}
        className={looks[look]}
      />
      {name !== null && (
        <text x={middle} y={y + 15} textAnchor="middle" className="fill-muted text-[10.5px]">
          {whyTexts.kinds[kind]}
        </text>
      )}
      <text
        x={middle}
        y={y + (name === null ? 25 : 32)}
        textAnchor="middle"
        className="fill-ink text-[12.5px] font-medium"
      >
        {short(name ?? whyTexts.kinds[kind])}
      </text>
    </g>
  )
}
