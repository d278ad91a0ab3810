-- What an organisation's policies are, version by version. Texts are never changed: the application may only move the state.
create table access.policy_version (
  organisation_id text not null,
  number integer not null check (number > 0),
  state text not null default 'draft' check (state in ('draft', 'tested', 'shadowed', 'live', 'retired')),
  text text not null,
  -- Cedar's JSON form of the text, by `policy/ID`: a start or a change needs no parser.
  compiled text not null,
  -- Where in the text each policy stands: [[id, start, end], …], in UTF-16 units.
  outline text not null,
  hash bytea not null,
  policies integer not null,
  tests integer not null,
  author_kind text not null,
  author_id text,
  reason_sealed bytea not null,
  created_at timestamptz not null,
  tested_at timestamptz,
  shadowed_at timestamptz,
  -- The version that was live when this one was shadowed; 0 for none.
  shadowed_against integer,
  shadow text,
  live_at timestamptz,
  retired_at timestamptz,
  primary key (organisation_id, number)
);
create unique index policy_version_live on access.policy_version (organisation_id) where state = 'live';
grant select, insert, delete on access.policy_version to custodia_app;
grant update (state, tested_at, shadowed_at, shadowed_against, shadow, live_at, retired_at)
  on access.policy_version to custodia_app;

-- The highest number ever given, so that one whose version was removed never comes again.
create table access.policy_number (organisation_id text primary key, number integer not null);
grant select, insert, update on access.policy_number to custodia_app;
