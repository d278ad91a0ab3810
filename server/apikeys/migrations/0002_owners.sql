-- Keys of people and service accounts beside those of applications, and what narrows them. A process of the release before reads
-- only what it knows: to it the key of a person is one of an application without roles, which may do nothing.
-- `application_id` has the owner's identifier, whatever kind of owner it is.
alter table apikeys.key
  add column owner_kind text not null default 'application' check (owner_kind in ('user', 'service', 'application')),
  add column name_sealed bytea,
  add column environment text,
  add column scopes text[],
  add column networks text[] not null default '{}',
  add column requests_per_minute integer check (requests_per_minute > 0),
  add column expires_at timestamptz,
  add column last_used_at timestamptz,
  add column created_by text,
  add column require_signature boolean not null default false,
  add column algorithm text check (algorithm in ('hmac-sha256', 'ed25519')),
  -- The sealed secret of HMAC, or the public key of Ed25519.
  add column verifier bytea,
  -- Keyed hash of the HMAC secret, so that a leaked one is known without opening any.
  add column signing_hash bytea,
  add column rotation integer not null default 0,
  add column rotated_at timestamptz,
  add column previous_hash bytea,
  add column previous_verifier bytea,
  add column previous_signing_hash bytea,
  add column previous_until timestamptz,
  add column revoked_why text;

create index key_live_owner on apikeys.key (organisation_id, owner_kind, application_id) where revoked_at is null;
create index key_over on apikeys.key (least(revoked_at, expires_at)) where revoked_at is not null or expires_at is not null;

grant update (
  environment, secret_hash, expires_at, last_used_at, verifier, signing_hash, rotation, rotated_at,
  previous_hash, previous_verifier, previous_signing_hash, previous_until, revoked_why
) on apikeys.key to custodia_app;
grant delete on apikeys.key to custodia_app;
