import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync } from 'node:zlib'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vite'

const server = { target: 'http://127.0.0.1:8080', headers: { host: 'custodia.localhost:8080' } }

/**
 * Writes each script and style once more beside itself, packed as small as it gets (`.br`), so that no server does it again. The page itself,
 * smaller than a packet, stays as it is: what is packed beside secrets gives them away by its length (BREACH, CVE-2013-3587), which scanners look for.
 */
const packed: Plugin = {
  name: 'packed',
  apply: 'build',
  // What is written is final; before, Vite still puts the names of chunks into it.
  writeBundle({ dir = '' }, bundle) {
    for (const { fileName } of Object.values(bundle)) {
      const file = join(dir, fileName)
      if (/\.(?:js|css|svg)$/.test(fileName)) writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file)))
    }
  },
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), tailwind(), packed],
  build: {
    // The policy of the pages allows neither inline script nor `data:` addresses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/v1': server, '/ledger/checkpoint': server } },
})
