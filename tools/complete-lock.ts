import { readFileSync, writeFileSync } from 'node:fs'

// `npm install` leaves binaries of other platforms out of package-lock.json where the registry in use does not have them, and
// `npm ci` then refuses the file on every platform. Run this after each change of dependencies:
//   node tools/complete-lock.ts

type Entry = {
  version?: string
  optional?: boolean
  dev?: boolean
  os?: string[]
  cpu?: string[]
  libc?: string[]
  optionalDependencies?: Record<string, string>
}

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Entry> }

const systems = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'sunos', 'win32', 'aix', 'netbsd', 'openbsd']
const processors = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'mips64el']
const part = (name: string, known: readonly string[]) => known.find((one) => new RegExp(`[-/]${one}(?:-|$)`).test(name))

let added = 0
for (const entry of Object.values({ ...lock.packages })) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    const place = `node_modules/${name}`
    const os = part(name, systems)
    const cpu = part(name, processors)
    if (lock.packages[place] !== undefined || os === undefined || cpu === undefined || !/^\d/.test(version)) continue
    lock.packages[place] = {
      version,
      cpu: [cpu],
      ...(entry.dev === true ? { dev: true } : {}),
      ...(os === 'linux' && /musl/.test(name) ? { libc: ['musl'] } : os === 'linux' ? { libc: ['glibc'] } : {}),
      optional: true,
      os: [os],
    }
    added += 1
  }
}
const root = lock.packages['']
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
if (root !== undefined) lock.packages = { '': root, ...lock.packages }
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
console.log(`${added} entries added`)
