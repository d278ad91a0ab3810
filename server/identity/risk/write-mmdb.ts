/** What a tiny database holds for one network, as in `198.51.100.0/24`. */
export type MmdbNetwork = { readonly network: string; readonly record: MmdbValue }
export type MmdbValue = string | number | { readonly [key: string]: MmdbValue }

type Node = [Node | number | null, Node | number | null]

/**
 * Writes a database in MaxMind's format 2.0 for tests: IPv4 only, records of 24 bits, no pointers.
 * https://maxmind.github.io/MaxMind-DB/
 */
export function writeMmdb(networks: readonly MmdbNetwork[]): Buffer {
  const root: Node = [null, null]
  const data: Buffer[] = []
  let dataLength = 0
  for (const { network, record } of networks) {
    const encoded = encode(record)
    insert(root, network, dataLength)
    data.push(encoded)
    dataLength += encoded.length
  }
  const nodes = flatten(root)
  const numbers = new Map(nodes.map((node, number) => [node, number]))
  const tree = Buffer.alloc(nodes.length * 6)
  for (const [number, node] of nodes.entries())
    for (const side of [0, 1] as const) {
      const to = node[side]
      // A record above the number of nodes points into the data, 16 bytes further on.
      const value =
        to === null ? nodes.length : typeof to === 'number' ? nodes.length + 16 + to : (numbers.get(to) as number)
      tree.writeUIntBE(value, number * 6 + side * 3, 3)
    }
  const metadata = encode({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1,
    database_type: 'Test',
    ip_version: 4,
    node_count: nodes.length,
    record_size: 24,
  })
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata])
}

function insert(root: Node, network: string, data: number): void {
  const [address = '', length = '0'] = network.split('/')
  const bits = address
    .split('.')
    .map((byte) => Number(byte).toString(2).padStart(8, '0'))
    .join('')
    .slice(0, Number(length))
  let node = root
  for (const [at, bit] of [...bits].entries()) {
    const side = bit === '1' ? 1 : 0
    if (at === bits.length - 1) node[side] = data
    else {
      const next = node[side]
      const child: Node = next === null || typeof next === 'number' ? [null, null] : next
      node[side] = child
      node = child
    }
  }
}

function flatten(root: Node): Node[] {
  const nodes = [root]
  for (const node of nodes) for (const child of node) if (Array.isArray(child)) nodes.push(child)
  return nodes
}

/** Types: 2 text, 3 double, 6 unsigned 32 bits, 7 map; all of them shorter than 29. */
function encode(value: MmdbValue): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return text.length < 29
      ? Buffer.concat([Buffer.from([(2 << 5) | text.length]), text])
      : Buffer.concat([Buffer.from([(2 << 5) | 29, text.length - 29]), text])
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9)
    if (Number.isInteger(value) && value >= 0) {
      bytes[0] = (6 << 5) | 4
      bytes.writeUInt32BE(value, 1)
      return bytes.subarray(0, 5)
    }
    bytes[0] = (3 << 5) | 8
    bytes.writeDoubleBE(value, 1)
    return bytes
  }
  const entries = Object.entries(value)
  return Buffer.concat([
    Buffer.from([(7 << 5) | entries.length]),
    ...entries.flatMap(([key, inner]) => [encode(key), encode(inner)]),
  ])
}
