import { computed, readonly, ref, shallowRef } from 'vue'
import { door, type Next, type Stepped } from '@/api/admin'
import { session } from '@/api/board'
import { setCourt, setCsrf } from '@/api/client'
import { Problem } from '@/api/problem'
import type { Me } from '@/api/types'
import { startLive, stopLive } from '@/live/live'

export type Standing = 'in' | 'pending' | 'out'
const COURT = 'songda.court'

const me = ref<Me | null>(null)
/** A session whose signing in is not finished: what it waits for. */
const pending = shallowRef<{ me: Me; next: Next } | null>(null)
const court = ref('')
let asked = false

const can = (code: string): boolean => me.value?.permissions.includes(code) ?? false

/** The court chosen in this tab before, when it still may be; else the person's own. */
function courtOf(found: Me): string {
  const kept = sessionStorage.getItem(COURT)
  return found.courts.some((one) => one.code === kept) ? (kept ?? '') : found.person.court.code
}

function choose(code: string): void {
  court.value = code
  const own = code === me.value?.person.court.code
  setCourt(own ? '' : code)
  if (own) sessionStorage.removeItem(COURT)
  else sessionStorage.setItem(COURT, code)
}

/** Takes the answer of any step of signing in; returns what comes next. */
function take({ me: found, csrf, next }: Stepped): Next {
  asked = true
  setCsrf(csrf)
  if (next !== 'done') {
    stopLive()
    me.value = null
    pending.value = { me: found, next }
    return next
  }
  pending.value = null
  me.value = found
  choose(courtOf(found))
  if (found.live_url !== undefined && can('dispatch.view')) startLive(found.live_url)
  return next
}

function end(): void {
  me.value = null
  pending.value = null
  setCsrf('')
  setCourt('')
  sessionStorage.removeItem(COURT)
  stopLive()
}

async function ask(): Promise<Standing> {
  try {
    const found = await session.me()
    return take({ me: found, csrf: found.csrf, next: found.next as Next }) === 'done' ? 'in' : 'pending'
  } catch (error) {
    asked = true
    if (!(error instanceof Problem) || error.status !== 401) throw error
    end()
    return 'out'
  }
}

/** Who is signed in, and what they may do. One for the whole page. */
export function useSession() {
  return {
    me: readonly(me),
    pending: readonly(pending),
    court: readonly(court),
    today: computed(() => me.value?.today ?? ''),
    /** The one question behind every menu, button and column: may this person do that? The server asks again. */
    can,
    choose,
    take,
    /** Whether this browser is signed in already; asks the server once, `again` for certain. */
    async resume(again = false): Promise<Standing> {
      if (!again && me.value) return 'in'
      if (!again && asked) return pending.value ? 'pending' : 'out'
      return ask()
    },
    async signIn(username: string, password: string): Promise<Next> {
      const found = await door.signIn(username, password)
      return take(found)
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
