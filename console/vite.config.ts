import { fileURLToPath } from 'node:url'
import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const server = { target: 'http://127.0.0.1:8080', headers: { host: 'custodia.localhost:8080' } }

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react(), tailwind()],
  build: {
    // The policy of the pages allows neither inline script nor `data:` addresses.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/v1': server, '/ledger/checkpoint': server } },
})
