// Makes the package that is published: JavaScript and declarations, with what it uses of the wire and edge packages inside, since
// Node strips no types from what lies in node_modules. `npm run build -w @custodia/sdk`, or `node build.ts FOLDER`.
import { execFileSync } from 'node:child_process'
import { copyFileSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

type Manifest = { readonly dependencies: Record<string, string>; readonly exports: Record<string, string> } & Record<
  string,
  unknown
>

/** What reads files and compiles documents: only for whoever does so in its own process. */
const heavy = new Set(['ajv', 'ajv-formats', 'file-type', 'sharp', 'yauzl'])

const here = fileURLToPath(new URL('.', import.meta.url))
const out = resolve(process.argv[2] ?? join(here, 'dist/package'))
rmSync(out, { recursive: true, force: true })
mkdirSync(join(here, 'dist'), { recursive: true })
// Beside the sources, so that the compiler finds the same dependencies.
const stage = mkdtempSync(join(here, 'dist/stage-'))
try {
  stageSources()
  compile()
} finally {
  rmSync(stage, { recursive: true })
}
writeManifest()
copyFileSync(join(here, 'README.md'), join(out, 'README.md'))
mkdirSync(join(out, 'lint'))
copyFileSync(join(here, 'lint/custodia.grit'), join(out, 'lint/custodia.grit'))

/** Copies what is published; `@custodia/wire/http/keyring.ts` becomes the way to the copy beside it. */
function stageSources(): void {
  const folders = {
    sdk: ['src/**/*'],
    // Of the ledger only what tells a sound public key.
    wire: [
      'src/canonical-json',
      'src/envelope/**/*',
      'src/http/**/*',
      'src/http-signatures/**/*',
      'src/ledger/{ed25519,sha256}',
      'src/node/**/*',
    ],
    edge: ['src/**/*'],
  }
  for (const [name, parts] of Object.entries(folders)) {
    for (const file of globSync(
      parts.map((part) => `${part}.ts`),
      { cwd: join(here, '..', name) },
    )) {
      if (/(?:\.test|[/-]testing)\.ts$/.test(file)) continue
      const source = readFileSync(join(here, '..', name, file), 'utf8')
      const target = join(stage, name, file.replace(/^src\//, ''))
      mkdirSync(dirname(target), { recursive: true })
      const wayTo = (other: string) => `'${relative(dirname(target), join(stage, other))}/`
      const inside = source.replaceAll("'@custodia/wire/", wayTo('wire')).replaceAll("'@custodia/edge/", wayTo('edge'))
      writeFileSync(target, inside)
    }
  }
}

function compile(): void {
  const config = {
    extends: '../../tsconfig.build.json',
    compilerOptions: { rootDir: '.', outDir: out },
    include: ['.'],
  }
  writeFileSync(join(stage, 'tsconfig.json'), JSON.stringify(config))
  const env = { ...process.env, PATH: `${join(here, '../../node_modules/.bin')}:${process.env.PATH}` }
  execFileSync('tsc', ['-p', stage], { stdio: 'inherit', env })
  // The compiler changes the endings in the code, and leaves them in the declarations.
  for (const file of globSync('**/*.d.ts', { cwd: out })) {
    const path = join(out, file)
    const types = readFileSync(path, 'utf8')
    writeFileSync(path, types.replace(/((?:from|import) ?\(?(['"])\.{1,2}\/[^'"]+)\.ts\2/g, '$1.js$2'))
  }
}

function writeManifest(): void {
  const read = (name: string) => JSON.parse(readFileSync(join(here, name), 'utf8')) as Manifest
  const sdk = read('package.json')
  const { '@custodia/wire': _wire, ...edge } = read('../edge/package.json').dependencies
  const {
    '@custodia/wire': _ours,
    '@custodia/edge': _inside,
    ...own
  } = { ...read('../wire/package.json').dependencies, ...sdk.dependencies }
  const ofEdge = (wanted: boolean) =>
    Object.fromEntries(Object.entries(edge).filter(([name]) => wanted === heavy.has(name)))
  const peers = { express: '5', fastify: '5', hono: '4', ...ofEdge(true) }
  const manifest = {
    ...sdk,
    scripts: undefined,
    devDependencies: undefined,
    dependencies: { ...own, ...ofEdge(false) },
    peerDependencies: peers,
    peerDependenciesMeta: Object.fromEntries(Object.keys(peers).map((name) => [name, { optional: true }])),
    engines: { node: '>=22' },
    exports: Object.fromEntries(
      Object.entries(sdk.exports).map(([name, source]) => {
        const target = `./sdk/${source.replace(/^\.\/src\/(.+)\.ts$/, '$1')}`
        return [name, { types: `${target}.d.ts`, default: `${target}.js` }]
      }),
    ),
  }
  writeFileSync(join(out, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
}
