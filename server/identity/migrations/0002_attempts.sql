-- A sign-in under way: what was proven so far, and by whom. The browser's own cookie speaks for it.
create table identity.attempt (
  id text primary key,
  -- HMAC-SHA-256 of the cookie's value, under a key that is not in the database.
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  person_id text not null references identity.person on delete cascade,
  organisation_id text not null,
  -- Kinds of factors, in the order in which they were proven.
  proven text[] not null,
  -- True where this sign-in looked unlike the person's others: a second factor is asked for whatever the policy says.
  raised boolean not null,
  tries smallint not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz
);
create index attempt_person on identity.attempt (person_id);
create index attempt_expires on identity.attempt (expires_at);
grant select, insert, delete on identity.attempt to custodia_app;
grant update (proven, tries, ended_at) on identity.attempt to custodia_app;

-- What an organisation demands of a sign-in. No row is the default of `policy/sign-in-policy.ts`.
create table identity.sign_in_policy (
  organisation_id text primary key references identity.organisation,
  document jsonb not null,
  changed_at timestamptz not null
);
grant select, insert on identity.sign_in_policy to custodia_app;
grant update (document, changed_at) on identity.sign_in_policy to custodia_app;
