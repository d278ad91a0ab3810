/**
 * Draws the dark modules of a QR code as one path: a run of neighbours in a row is one rectangle.
 *
 * @param rows true is dark; each row as long as the others.
 * @returns the `d` of an SVG path, one unit a module.
 */
export function qrPath(rows: readonly (readonly boolean[])[]): string {
  const runs: string[] = []
  rows.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (row[x] !== true) continue
      const start = x
      while (row[x + 1] === true) x++
      runs.push(`M${start} ${y}h${x - start + 1}v1h${start - x - 1}z`)
    }
  })
  return runs.join('')
}
