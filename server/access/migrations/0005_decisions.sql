-- Refusals, and some of what was allowed. Not the ledger: it is swept by age and by number.
create table access.decision (
  id bigint generated always as identity primary key,
  organisation_id text not null,
  at timestamptz not null,
  principal_kind text not null,
  principal_id text not null,
  action text not null,
  resource_type text,
  resource_id text,
  decision text not null,
  reason text not null,
  policies text[] not null,
  errors text[] not null,
  policy_version integer not null,
  revision bigint not null,
  latency_us integer not null,
  -- The client's network: never its address.
  network text,
  -- Context, roles, groups, attributes; sealed under the principal's key, and gone with it.
  recorded_sealed bytea,
  -- What the sealed value is bound to: it opens in no other row.
  record text not null
);
create index decision_newest on access.decision (organisation_id, id desc);
create index decision_principal on access.decision (organisation_id, principal_id, id desc);
create index decision_action on access.decision (organisation_id, action, id desc);
create index decision_age on access.decision (at);
grant select, insert, delete on access.decision to custodia_app;
-- A sweep passes over rows that are locked, and to lock a row PostgreSQL asks for the right to change something of it.
grant update (latency_us) on access.decision to custodia_app;
