-- Somebody's server that is told what happens in an organisation.
create table webhooks.endpoint (
  id text primary key,
  organisation_id text not null,
  -- Address and description as JSON, sealed: an address may carry a token of its owner's.
  target_sealed bytea not null check (octet_length(target_sealed) <= 4096),
  -- Types of events and `prefix.*`; null for all.
  types text[],
  personal boolean not null,
  secret_sealed bytea not null,
  -- The secret before the last rotation, while both sign.
  previous_sealed bytea,
  previous_until timestamptz,
  rotation integer not null default 0,
  -- Counts changes of what is below: an attempt that began before one says nothing of what is there after it.
  version integer not null default 0,
  created_at timestamptz not null,
  created_by text,
  disabled_at timestamptz,
  disabled_why text,
  failures integer not null default 0,
  failing_since timestamptz,
  open_until timestamptz,
  check ((disabled_at is null) = (disabled_why is null)),
  check ((previous_sealed is null) = (previous_until is null))
);
create index endpoint_organisation on webhooks.endpoint (organisation_id, created_at);

-- How far the ledger was read. One row, and whoever moves it holds it.
create table webhooks.cursor (
  one boolean primary key default true check (one),
  next_index bigint not null
);
insert into webhooks.cursor (next_index) values (0);

-- One message to one endpoint. Its body is made from the ledger at each attempt and stands nowhere else.
create table webhooks.delivery (
  id text primary key,
  endpoint_id text not null references webhooks.endpoint on delete cascade,
  organisation_id text not null,
  -- Null for a test.
  entry_index bigint,
  message_id text not null,
  type text not null,
  created_at timestamptz not null,
  -- While it waits. A claim moves it ahead, so that a process that ends takes nothing with it.
  next_try_at timestamptz,
  claimed_until timestamptz,
  tries integer not null default 0,
  -- As many as there had been when somebody asked for it once more.
  tries_before integer not null default 0,
  delivered_at timestamptz,
  dead_at timestamptz,
  dead_why text,
  unique (endpoint_id, entry_index),
  check (num_nonnulls(next_try_at, delivered_at, dead_at) = 1),
  check ((dead_at is null) = (dead_why is null))
);
create index delivery_due on webhooks.delivery (endpoint_id, next_try_at) where next_try_at is not null;
create index delivery_claimed on webhooks.delivery (endpoint_id) where claimed_until is not null;
create index delivery_dead on webhooks.delivery (endpoint_id) where dead_at is not null;
create index delivery_listed on webhooks.delivery (organisation_id, created_at, id);
create index delivery_settled on webhooks.delivery (coalesce(delivered_at, dead_at)) where next_try_at is null;

create table webhooks.attempt (
  delivery_id text not null references webhooks.delivery on delete cascade,
  number integer not null,
  at timestamptz not null,
  -- Null where there was no reply.
  status smallint,
  -- A word of ours, never the receiver's.
  outcome text not null,
  duration_ms integer not null,
  primary key (delivery_id, number)
);

-- Where somebody else's messages come in, and to which application they go.
create table webhooks.source (
  id text primary key,
  organisation_id text not null,
  name text not null,
  sender text not null,
  application text not null,
  path text not null,
  secret_sealed bytea not null,
  previous_sealed bytea,
  previous_until timestamptz,
  rotation integer not null default 0,
  tolerance_seconds integer not null check (tolerance_seconds between 10 and 3600),
  created_at timestamptz not null,
  created_by text,
  last_accepted_at timestamptz,
  check ((previous_sealed is null) = (previous_until is null))
);
create index source_organisation on webhooks.source (organisation_id, created_at);

-- Messages that were there already: each goes on once.
create table webhooks.seen (
  source_id text not null references webhooks.source on delete cascade,
  -- SHA-256 of what the sender signed.
  once bytea not null check (octet_length(once) = 32),
  -- While it is being passed on; null once it was.
  claimed_until timestamptz,
  expires_at timestamptz not null,
  primary key (source_id, once)
);
create index seen_expires on webhooks.seen (expires_at);

grant select, insert, update, delete on webhooks.endpoint, webhooks.delivery, webhooks.source, webhooks.seen to custodia_app;
grant select, insert, delete on webhooks.attempt to custodia_app;
grant select, update on webhooks.cursor to custodia_app;
