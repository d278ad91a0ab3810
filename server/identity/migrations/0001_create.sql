create table identity.organisation (
  id text primary key,
  name text not null,
  created_at timestamptz not null
);
grant select, insert on identity.organisation to custodia_app;
-- Only so that its row can be locked: what changes who administers it takes turns.
grant update (name) on identity.organisation to custodia_app;

create table identity.person (
  id text primary key,
  organisation_id text not null references identity.organisation,
  -- Keyed fingerprint of the normalised address: one person per address in the installation.
  email_index bytea not null unique,
  -- Sealed under the person's own key.
  email_sealed bytea not null,
  name_sealed bytea not null,
  state text not null check (state in ('invited', 'active', 'disabled')),
  -- Argon2id in PHC form, peppered. Null until the person has chosen one.
  password text,
  password_changed_at timestamptz,
  created_at timestamptz not null,
  last_sign_in_at timestamptz,
  check (state <> 'active' or password is not null)
);
create index person_organisation on identity.person (organisation_id, created_at, id);
grant select, insert, delete on identity.person to custodia_app;
grant update (name_sealed, state, password, password_changed_at, last_sign_in_at) on identity.person to custodia_app;

create table identity.link (
  -- HMAC-SHA-256 of the token, under a key that is not in the database.
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  purpose text not null check (purpose in ('setup', 'invitation')),
  person_id text references identity.person on delete cascade,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  check ((purpose = 'setup') = (person_id is null))
);
create index link_person on identity.link (person_id);
create index link_expires on identity.link (expires_at);
grant select, insert, delete on identity.link to custodia_app;
grant update (used_at) on identity.link to custodia_app;
