-- Raised by every change of roles, groups, assignments, relations and policies of an organisation, in its transaction.
create table access.revision (
  organisation_id text primary key,
  number bigint not null
);
grant select, insert, update on access.revision to custodia_app;

-- Null in all of them: for good, from before reasons were asked for. A process of the release before goes on writing such rows.
alter table access.assignment
  add column expires_at timestamptz,
  add column assigned_by text,
  add column reason_sealed bytea;
create index assignment_expiry on access.assignment (expires_at) where expires_at is not null;
grant update on access.assignment to custodia_app;

-- An organisation's own roles. Permissions are exact names; what it includes is counted in when it is read.
create table access.role (
  organisation_id text not null,
  name text not null,
  summary text not null,
  permissions text[] not null,
  includes text[] not null,
  privileged boolean not null,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (organisation_id, name)
);
grant select, insert, update, delete on access.role to custodia_app;

create table access.group_of_subjects (
  id text primary key,
  organisation_id text not null,
  name text not null,
  description text not null,
  created_at timestamptz not null,
  unique (organisation_id, name)
);
create index group_organisation on access.group_of_subjects (organisation_id, created_at, id);
grant select, insert, update, delete on access.group_of_subjects to custodia_app;

create table access.membership (
  organisation_id text not null,
  group_id text not null references access.group_of_subjects on delete cascade,
  member_id text not null,
  added_at timestamptz not null,
  expires_at timestamptz,
  added_by text,
  reason_sealed bytea,
  primary key (group_id, member_id)
);
create index membership_member on access.membership (organisation_id, member_id);
create index membership_expiry on access.membership (expires_at) where expires_at is not null;
grant select, insert, update, delete on access.membership to custodia_app;

create table access.service_account (
  id text primary key,
  organisation_id text not null,
  name text not null,
  description text not null,
  created_at timestamptz not null,
  disabled_at timestamptz,
  unique (organisation_id, name)
);
create index service_account_organisation on access.service_account (organisation_id, created_at, id);
grant select, insert, update, delete on access.service_account to custodia_app;

-- What a second administrator must agree to before it is done.
create table access.approval (
  id text primary key,
  organisation_id text not null,
  kind text not null check (kind in ('assignment', 'membership', 'unmark')),
  -- Who gains by it. Null where a role loses its mark.
  subject_id text,
  -- The role, or the group.
  target text not null,
  until timestamptz,
  reason_sealed bytea not null,
  asked_by text not null,
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  decided_at timestamptz,
  decided_by text,
  outcome text check (outcome in ('approved', 'refused', 'withdrawn'))
);
create index approval_organisation on access.approval (organisation_id, asked_at, id);
create index approval_expiry on access.approval (expires_at);
grant select, insert, update, delete on access.approval to custodia_app;

create table access.review (
  id text primary key,
  organisation_id text not null,
  name text not null,
  -- What becomes of that of which nobody decided anything.
  undecided text not null check (undecided in ('keep', 'remove')),
  opened_by text not null,
  opened_at timestamptz not null,
  due_at timestamptz not null,
  closed_at timestamptz
);
create index review_organisation on access.review (organisation_id, opened_at, id);
create index review_due on access.review (due_at) where closed_at is null;
grant select, insert, update, delete on access.review to custodia_app;

create table access.review_item (
  review_id text not null references access.review on delete cascade,
  kind text not null check (kind in ('assignment', 'membership')),
  subject_id text not null,
  target text not null,
  -- When it was given: what was taken and given anew meanwhile is something else.
  given_at timestamptz not null,
  decision text check (decision in ('keep', 'remove')),
  decided_by text,
  decided_at timestamptz,
  outcome text check (outcome in ('kept', 'removed', 'gone', 'last-administrator')),
  primary key (review_id, kind, subject_id, target)
);
create index review_item_subject on access.review_item (subject_id);
grant select, insert, update, delete on access.review_item to custodia_app;
