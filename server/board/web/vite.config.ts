import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vite'
import { mockServer } from './dev/mock'

// `npm run dev` answers the API from dev/ (made-up data); `npm run dev:server` passes it on to a running Songda.
const backend = process.env.SONGDA_BACKEND ?? 'http://127.0.0.1:8000'

export default defineConfig(({ mode, command }) => ({
  base: '/board/',
  plugins: [
    vue(),
    Components({ dts: false, dirs: [], resolvers: [ElementPlusResolver({ importStyle: 'css' })] }),
    ...(mode === 'mock' && command === 'serve' ? [mockServer()] : []),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2020',
    // Element Plus and Vue change rarely: a chunk of their own stays in the browser's cache between releases.
    rolldownOptions: {
      output: {
        advancedChunks: {
          groups: [
            { name: 'leaflet', test: /node_modules\/leaflet/ },
            { name: 'vendor', test: /node_modules/ },
          ],
        },
      },
    },
    chunkSizeWarningLimit: 1200,
  },
  worker: { format: 'es' },
  server: { proxy: mode === 'mock' ? undefined : { '/api': backend } },
  optimizeDeps: { include: ['element-plus/es', 'leaflet', 'vue-draggable-plus'] },
}))
