import { crc32, deflateRawSync } from 'node:zlib'

export type ZipEntry = {
  readonly name: string
  readonly content: Buffer
  readonly stored?: boolean
  /** What the directory says instead of the truth. */
  readonly claimedSize?: number
  readonly flags?: number
  /** Unix mode, as in `0o120777` of a link. */
  readonly mode?: number
  /** In the local header, where it differs. */
  readonly localName?: string
  /** Where the directory points instead of to its own place. */
  readonly at?: number
  readonly zip64?: boolean
  /** Bytes between this entry and the next. */
  readonly gap?: number
}

/** Writes a ZIP, an honest one unless asked for another. */
export function makeZip(entries: readonly ZipEntry[], changes: { prefix?: Buffer; hidden?: Buffer } = {}): Buffer {
  const parts: Buffer[] = [changes.prefix ?? Buffer.alloc(0)]
  const directory: Buffer[] = []
  let offset = (parts[0] as Buffer).length
  for (const entry of entries) {
    const { content, stored = false, flags = 0 } = entry
    const packed = stored ? content : deflateRawSync(content)
    const size = entry.claimedSize ?? content.length
    const wide = entry.zip64 === true
    const extra = wide ? Buffer.alloc(20) : Buffer.alloc(0)
    if (wide) {
      extra.writeUInt16LE(1)
      extra.writeUInt16LE(16, 2)
      extra.writeBigUInt64LE(BigInt(size), 4)
      extra.writeBigUInt64LE(BigInt(packed.length), 12)
    }
    const common = Buffer.alloc(26)
    common.writeUInt16LE(wide ? 45 : 20)
    common.writeUInt16LE(flags, 2)
    common.writeUInt16LE(stored ? 0 : 8, 4)
    common.writeUInt32LE(crc32(content), 10)
    common.writeUInt32LE(wide ? 0xffffffff : packed.length, 14)
    common.writeUInt32LE(wide ? 0xffffffff : size, 18)
    common.writeUInt16LE(extra.length, 24)
    const local = (name: Buffer) => {
      const head = Buffer.from(common)
      head.writeUInt16LE(name.length, 22)
      return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), head, name, extra])
    }
    const name = Buffer.from(entry.name)
    const written = Buffer.concat([
      local(Buffer.from(entry.localName ?? entry.name)),
      packed,
      Buffer.alloc(entry.gap ?? 0),
    ])
    const central = Buffer.from(common)
    central.writeUInt16LE(name.length, 22)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6)
    rest.writeUInt32LE(entry.at ?? offset, 10)
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), central, rest, name, extra)
    parts.push(written)
    offset += written.length
  }
  const listed = Buffer.concat(directory)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(listed.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, listed, changes.hidden ?? Buffer.alloc(0), end])
}

export type TarEntry = {
  readonly name: string
  readonly content?: Buffer
  readonly type?: string
  readonly link?: string
  /** Instead of the octal of the content's length. */
  readonly size?: string
}

export function makeTar(entries: readonly TarEntry[], behind: Buffer = Buffer.alloc(1_024)): Buffer {
  const parts: Buffer[] = []
  for (const { name, content = Buffer.alloc(0), type = '0', link = '', size } of entries) {
    const header = Buffer.alloc(512)
    header.write(name, 0, 100)
    header.write('0000644\0', 100)
    header.write(size ?? `${content.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('00000000000\0', 136)
    header.write('        ', 148)
    header.write(type, 156)
    header.write(link, 157, 100)
    header.write('ustar\x0000', 257, 'latin1')
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    parts.push(header, content, Buffer.alloc((512 - (content.length % 512)) % 512))
  }
  return Buffer.concat([...parts, behind])
}

/** The test file that every scanner knows, made here, so that none finds it in this tree. https://www.eicar.org */
export function eicar(reversed: string): Buffer {
  return Buffer.from([...(reversed.split('\n')[0] as string)].reverse().join(''))
}
