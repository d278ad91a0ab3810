import { encode } from 'uqr'
import { securityTexts } from '../texts-of-security.ts'
import { qrPath } from './qr-path.ts'

/** Four light modules around it: ISO/IEC 18004 §9.1. */
const quiet = 4

/** A QR code, black on white in both schemes, since a camera has to read it. */
export function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: 0 })
  const whole = size + 2 * quiet
  return (
    <svg
      role="img"
      aria-label={securityTexts.enrol.picture}
      viewBox={`${-quiet} ${-quiet} ${whole} ${whole}`}
      shapeRendering="crispEdges"
      className="size-48 rounded-md border border-line"
    >
      <rect x={-quiet} y={-quiet} width={whole} height={whole} fill="#ffffff" />
      <path d={qrPath(data)} fill="#000000" />
    </svg>
  )
}
