import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'
import { mockServer } from './dev/mock.ts'

// `npm run dev` answers the API from dev/ (made-up data); `npm run dev:server` passes it on to a running Songda.
const backend = process.env.SONGDA_BACKEND ?? 'http://127.0.0.1:8000'

/** Puts the API browser's files beside the board: /api/docs loads them from here and from no other host. */
function apiBrowser(): Plugin {
  return {
    name: 'songda-api-browser',
    apply: 'build',
    generateBundle() {
      const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'))
      for (const name of ['swagger-ui.css', 'swagger-ui-bundle.js']) {
        this.emitFile({ type: 'asset', fileName: `docs/${name}`, source: readFileSync(join(folder, name)) })
      }
    },
  }
}

export default defineConfig(({ mode, command }) => ({
  base: '/board/',
  plugins: [
    vue(),
    Components({ dts: false, dirs: [], resolvers: [ElementPlusResolver({ importStyle: 'css' })] }),
    apiBrowser(),
    ...(mode === 'mock' && command === 'serve' ? [mockServer()] : []),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2020',
    // Element Plus and Vue change rarely: a chunk of their own stays in the browser's cache between releases.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'leaflet', test: /node_modules[\\/]leaflet/ },
            { name: 'vendor', test: /node_modules/ },
          ],
        },
      },
    },
    chunkSizeWarningLimit: 1200,
  },
  worker: { format: 'es' as const },
  // Components bring their styles along; only Vite can read those.
  test: { testTimeout: 30_000, include: ['test/**/*.test.ts'], server: { deps: { inline: ['element-plus'] } } },
  server: { proxy: mode === 'mock' ? undefined : { '/api': backend } },
  optimizeDeps: { include: ['element-plus/es', 'leaflet', 'vue-draggable-plus'] },
}))
