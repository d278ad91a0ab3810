-- Authenticator apps (RFC 6238): offered first, in force once a code has confirmed them.
create table identity.totp (
  id text primary key,
  person_id text not null references identity.person on delete cascade,
  -- Both sealed under the person's own key.
  secret_sealed bytea not null,
  name_sealed bytea,
  created_at timestamptz not null,
  -- Until when an offer can be confirmed, and how often that was tried.
  offered_until timestamptz not null,
  tries smallint not null default 0,
  confirmed_at timestamptz,
  -- The last time step whose code was accepted: no code of this step or of one before it works (again).
  last_step integer,
  last_used_at timestamptz,
  check ((confirmed_at is null) = (last_step is null)),
  check ((confirmed_at is null) = (name_sealed is null))
);
create index totp_person on identity.totp (person_id);
create index totp_offered on identity.totp (offered_until) where confirmed_at is null;
grant select, insert, delete on identity.totp to custodia_app;
grant update (name_sealed, tries, confirmed_at, last_step, last_used_at) on identity.totp to custodia_app;

-- One row a code; those that were made together share their set.
create table identity.recovery_code (
  -- HMAC-SHA-256 of person and code, under a key that is not in the database.
  code_hash bytea primary key check (octet_length(code_hash) = 32),
  set_id text not null,
  person_id text not null references identity.person on delete cascade,
  created_at timestamptz not null,
  used_at timestamptz
);
create index recovery_code_person on identity.recovery_code (person_id);
grant select, insert, delete on identity.recovery_code to custodia_app;
grant update (used_at) on identity.recovery_code to custodia_app;

-- Codes that travel by mail or SMS, each good for one flow.
create table identity.sent_code (
  id text primary key,
  person_id text not null references identity.person on delete cascade,
  factor text not null check (factor in ('mail-code', 'sms-code')),
  -- The sign-in under way or the session that asked for it.
  flow_id text not null,
  -- HMAC-SHA-256 of the row, the flow and the code, under a key that is not in the database.
  code_hash bytea not null check (octet_length(code_hash) = 32),
  tries smallint not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  -- Also set where a later code took its place.
  used_at timestamptz
);
create index sent_code_person on identity.sent_code (person_id, created_at);
create index sent_code_flow on identity.sent_code (flow_id);
create index sent_code_expires on identity.sent_code (expires_at);
grant select, insert, delete on identity.sent_code to custodia_app;
grant update (tries, used_at) on identity.sent_code to custodia_app;
