import type { Activity } from '@custodia/wire/http/activity.ts'

/** What happened in people's accounts, for the commands of whoever has the installation's keys. */
export type ActivityOfPeople = {
  /**
   * Newest first, with the scores of sign-ins. That it was read is recorded, as done by the system.
   *
   * @throws Refusal ACTIVITY_CURSOR_INVALID
   */
  byOperator(
    organisationId: string,
    userId: string,
    page: { readonly cursor?: string; readonly limit?: number },
  ): Promise<Activity>
}
