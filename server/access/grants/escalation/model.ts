import type { Role } from '../../api.ts'
import type { Snapshot } from './snapshot.ts'

/** Permissions, each until when (epoch milliseconds; Infinity for good). */
export type Had = ReadonlyMap<string, number>

/** A slow evaluator of its own that shares nothing with the server's: walks from each subject upwards, one path at a time. */
export class Model {
  readonly #snapshot: Snapshot
  readonly #configured: ReadonlyMap<string, Role>
  readonly #nowMs: number

  constructor(snapshot: Snapshot, configured: readonly Role[], nowMs: number) {
    this.#snapshot = snapshot
    this.#configured = new Map(configured.map((role) => [role.name, role]))
    this.#nowMs = nowMs
  }

  /** Everybody who stands somewhere in it. */
  subjects(): string[] {
    const { assignment, membership, service_account, group_of_subjects } = this.#snapshot
    const named = [
      ...assignment.map((row) => row.subject_id),
      ...membership.flatMap((row) => [row.member_id, row.group_id]),
      ...[...service_account, ...group_of_subjects].map((row) => row.id),
    ]
    return [...new Set(named)].sort()
  }

  permissionsOf(subjectId: string): Had {
    const had = new Map<string, number>()
    for (const { role, untilMs } of this.#rolesOf(subjectId))
      for (const permission of this.permissionsOfRole(role))
        had.set(permission, Math.max(had.get(permission) ?? 0, untilMs))
    return had
  }

  /** Names of roles that a subject has, what they include counted in. */
  rolesOf(subjectId: string): Set<string> {
    return new Set(this.#rolesOf(subjectId).flatMap(({ role }) => this.#closure(role)))
  }

  permissionsOfRole(name: string): string[] {
    return this.#closure(name).flatMap(
      (one) => this.#written(one)?.permissions ?? this.#configured.get(one)?.permissions ?? [],
    )
  }

  #rolesOf(subjectId: string): { role: string; untilMs: number }[] {
    const { service_account } = this.#snapshot
    const account = service_account.find((row) => row.id === subjectId)
    if (subjectId.startsWith('svc_') && (account === undefined || account.disabled_at !== null)) return []
    const found: { role: string; untilMs: number }[] = []
    const walk = (id: string, untilMs: number) => {
      for (const row of this.#snapshot.assignment)
        if (row.subject_id === id) found.push({ role: row.role, untilMs: Math.min(untilMs, msOf(row.expires_at)) })
      for (const row of this.#snapshot.membership)
        if (row.member_id === id && msOf(row.expires_at) > this.#nowMs)
          walk(row.group_id, Math.min(untilMs, msOf(row.expires_at)))
    }
    walk(subjectId, Number.POSITIVE_INFINITY)
    return found.filter(({ untilMs }) => untilMs > this.#nowMs)
  }

  #closure(name: string): string[] {
    return [name, ...(this.#written(name)?.includes ?? []).flatMap((one) => this.#closure(one))]
  }

  #written(name: string) {
    return this.#snapshot.role.find((role) => role.name === name)
  }
}

const msOf = (at: string | null): number => (at === null ? Number.POSITIVE_INFINITY : Date.parse(at))
