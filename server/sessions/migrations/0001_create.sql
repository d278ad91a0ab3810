-- A session is the fact that a person signed in; a handle is a cookie that speaks for it on one host.
create table sessions.session (
  id text primary key,
  organisation_id text not null,
  user_id text not null,
  created_at timestamptz not null,
  -- Written at most once a minute; never later than absolute_expires_at lets it matter.
  last_used_at timestamptz not null,
  idle_expires_at timestamptz not null,
  absolute_expires_at timestamptz not null,
  -- RFC 8176 names, and when the newest of them was proven.
  factors text[] not null,
  authenticated_at timestamptz not null,
  address_sealed bytea not null,
  device_sealed bytea not null,
  ended_at timestamptz,
  ended_why text,
  check (idle_expires_at <= absolute_expires_at),
  check ((ended_at is null) = (ended_why is null))
);
create index session_person on sessions.session (user_id, created_at);
-- For the sweep.
create index session_idle_expires on sessions.session (idle_expires_at);
create index session_ended on sessions.session (ended_at) where ended_at is not null;

create table sessions.handle (
  -- HMAC-SHA-256 of the cookie's value, under a key that is not in the database.
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  session_id text not null references sessions.session on delete cascade,
  -- Null is Custodia's own host.
  host text,
  created_at timestamptz not null
);
create index handle_session on sessions.handle (session_id);

grant select, insert, delete on sessions.session to custodia_app;
-- Who a session is for and when it ends for good can't be changed afterwards.
grant update (last_used_at, idle_expires_at, ended_at, ended_why) on sessions.session to custodia_app;
grant select, insert, delete on sessions.handle to custodia_app;
