import { texts } from '../texts.ts'
import type { Rung } from './climb.ts'

const width = 340
const boxWidth = 132
const boxHeight = 34
const step = 62
const top = 4

const short = (hash: Uint8Array) => `${hash.toHex().slice(0, 8)}…`

/**
 * The way from a leaf up to the root. On each level the hash that comes from below stands on its own side, its neighbour
 * on the other; both meet in the hash above.
 */
export function PathPicture(props: { leaf: Uint8Array; rungs: readonly Rung[]; index: number; size: number }) {
  const { rungs, index, size } = props
  const height = top * 2 + boxHeight + rungs.length * step
  const y = (level: number) => height - top - boxHeight - level * step
  const x = (side: 'left' | 'right' | 'middle') =>
    side === 'middle' ? (width - boxWidth) / 2 : side === 'left' ? 1 : width - boxWidth - 1
  const sideAt = (level: number) => rungs[level]?.side ?? 'middle'
  const hashAt = (level: number) => rungs[level]?.hash ?? rungs.at(-1)?.parent ?? props.leaf
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={texts.ledger.pathPicture(index, size, rungs.length)}
      className="w-full max-w-[340px]"
    >
      {rungs.map(({ side, sibling, first, last }, level) => {
        const other = side === 'left' ? 'right' : 'left'
        const above = sideAt(level + 1)
        const target = x(above) + boxWidth / 2
        const meet = y(level + 1) + boxHeight + (step - boxHeight) / 2
        const up = (from: 'left' | 'right') =>
          `M${x(from) + boxWidth / 2} ${y(level)}V${meet}H${target}V${y(level + 1) + boxHeight}`
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a level is its number
          <g key={level}>
            <path d={up(other)} fill="none" strokeWidth="1.25" className="stroke-edge" />
            <path d={up(side)} fill="none" strokeWidth="2" className="stroke-link" />
            <Box x={x(other)} y={y(level)} hash={short(sibling)} note={texts.ledger.rangeLabel(first, last)} />
          </g>
        )
      })}
      {Array.from({ length: rungs.length + 1 }, (_, level) => (
        <Box
          // biome-ignore lint/suspicious/noArrayIndexKey: a level is its number
          key={level}
          own
          x={x(sideAt(level))}
          y={y(level)}
          hash={short(hashAt(level))}
          note={level === rungs.length ? texts.ledger.root : level === 0 ? texts.ledger.entryLabel(index) : undefined}
        />
      ))}
    </svg>
  )
}

function Box(props: { x: number; y: number; hash: string; note?: string | undefined; own?: boolean }) {
  const { x, y, hash, note, own = false } = props
  return (
    <g>
      <rect
        x={x}
        y={y}
        width={boxWidth}
        height={boxHeight}
        rx="7"
        strokeWidth={own ? 1.5 : 1}
        className={own ? 'fill-accent-soft stroke-link' : 'fill-canvas stroke-edge'}
      />
      <text
        x={x + boxWidth / 2}
        y={y + (note === undefined ? 21 : 15)}
        textAnchor="middle"
        className="fill-ink font-mono text-[11px]"
      >
        {hash}
      </text>
      {note !== undefined && (
        <text x={x + boxWidth / 2} y={y + 27} textAnchor="middle" className="fill-muted text-[10px]">
          {note}
        </text>
      )}
    </g>
  )
}
