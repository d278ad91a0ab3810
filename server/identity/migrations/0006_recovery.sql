-- Links for more than the beginning: `not-me` stands in every notice, the others belong to recoveries.
alter table identity.link drop constraint link_purpose_check;
alter table identity.link add constraint link_purpose_check check (
  purpose in ('setup', 'invitation', 'recovery', 'delegated-recovery', 'recovery-cancel', 'not-me'));

-- A recovery that two administrators grant to somebody who has lost their factors.
create table identity.delegated_recovery (
  id text primary key,
  person_id text not null references identity.person on delete cascade,
  organisation_id text not null references identity.organisation,
  -- People, by their identifiers: who asked, and who agreed.
  asked_by text not null,
  asked_at timestamptz not null,
  approved_by text,
  approved_at timestamptz,
  -- When the wait is over. Before that there is no link.
  ready_at timestamptz,
  -- When the link went out.
  sent_at timestamptz,
  -- When it comes to nothing by itself.
  expires_at timestamptz not null,
  ended_at timestamptz,
  outcome text check (outcome in ('done', 'cancelled', 'withdrawn', 'void', 'expired')),
  -- Four eyes, and none of them the person's own.
  constraint two_administrators check (asked_by <> approved_by),
  constraint not_by_oneself check (asked_by <> person_id and approved_by is distinct from person_id),
  check ((approved_by is null) = (approved_at is null) and (approved_by is null) = (ready_at is null)),
  check (ready_at >= approved_at and approved_at >= asked_at),
  -- Neither a link nor an end in success without a second administrator, and not before its time.
  constraint waited check (sent_at is null or (ready_at is not null and sent_at >= ready_at)),
  constraint done_when_sent check (outcome is distinct from 'done' or sent_at is not null),
  check ((ended_at is null) = (outcome is null))
);
-- One at a time for each person.
create unique index delegated_recovery_live on identity.delegated_recovery (person_id) where ended_at is null;
create index delegated_recovery_due on identity.delegated_recovery (ready_at) where ended_at is null;
grant select, insert, delete on identity.delegated_recovery to custodia_app;
-- Who asked, and for whom, never changes.
grant update (approved_by, approved_at, ready_at, sent_at, expires_at, ended_at, outcome)
  on identity.delegated_recovery to custodia_app;
