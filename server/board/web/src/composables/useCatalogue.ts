import { computed, shallowRef } from 'vue'
import { roles as calls, type Permission, type Role } from '@/api/admin'
import { byCode } from '@/lib/rights'
import { useSession } from './useSession'

/** Roles and permissions as whoever is signed in may hand them out; empty for those who may not even look. */
export function useCatalogue() {
  const { can } = useSession()
  const roles = shallowRef<Role[]>([])
  const permissions = shallowRef<Permission[]>([])
  const loaded = shallowRef(false)
  async function load(): Promise<void> {
    if (can('roles.view')) [roles.value, permissions.value] = await Promise.all([calls.list(), calls.permissions()])
    loaded.value = true
  }
  const known = computed(() => byCode(permissions.value))
  const names = computed(() => new Map(roles.value.map((role) => [role.id, role.name])))
  return { roles, permissions, known, names, loaded, load }
}
export type Catalogue = ReturnType<typeof useCatalogue>
