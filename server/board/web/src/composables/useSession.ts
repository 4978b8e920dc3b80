import { computed, readonly, ref } from 'vue'
import { session } from '@/api/board'
import { setCsrf } from '@/api/client'
import { Problem } from '@/api/problem'
import type { Me } from '@/api/types'
import { startLive, stopLive } from '@/live/live'

const me = ref<Me | null>(null)

function begin(found: Me, csrf: string): void {
  me.value = found
  setCsrf(csrf)
  if (found.live_url !== undefined) startLive(found.live_url)
}

function end(): void {
  me.value = null
  setCsrf('')
  stopLive()
}

/** Who is signed in, and what they may do. One for the whole page. */
export function useSession() {
  return {
    me: readonly(me),
    today: computed(() => me.value?.today ?? ''),
    can: (code: string) => me.value?.permissions.includes(code) ?? false,
    /** True when this browser is signed in already. */
    async resume(): Promise<boolean> {
      if (me.value) return true
      try {
        const found = await session.me()
        begin(found, found.csrf)
        return true
      } catch (error) {
        if (error instanceof Problem && error.status === 401) return false
        throw error
      }
    },
    async signIn(username: string, password: string): Promise<void> {
      const found = await session.signIn(username, password)
      begin(found.me, found.csrf)
    },
    async signOut(): Promise<void> {
      try {
        await session.signOut()
      } catch (error) {
        // Already signed out elsewhere: the wish is fulfilled.
        if (!(error instanceof Problem) || error.status !== 401) throw error
      }
      end()
    },
    end,
  }
}
