-- What an authenticator files a person's passkeys under: random, so that it says nothing about them (WebAuthn level 3 §14.6.1).
create table identity.passkey_handle (
  person_id text primary key references identity.person on delete cascade,
  handle bytea not null unique check (octet_length(handle) = 64)
);
grant select, insert, delete on identity.passkey_handle to custodia_app;

create table identity.passkey (
  id text primary key,
  person_id text not null references identity.person on delete cascade,
  organisation_id text not null,
  credential_id bytea not null unique check (octet_length(credential_id) between 1 and 1023),
  -- COSE_Key (RFC 9052 §7).
  public_key bytea not null check (octet_length(public_key) between 1 and 4096),
  -- As the authenticator counts its signatures: 32 bits, only ever higher here. Many count nothing and stay at 0.
  counter bigint not null check (counter between 0 and 4294967295),
  backup_eligible boolean not null,
  backup_state boolean not null,
  user_verified boolean not null,
  -- What the browser said of it: hints for the next time, and for the page.
  transports text[] not null,
  attachment text check (attachment in ('platform', 'cross-platform')),
  -- The authenticator's model, worth as much as `attestation_trust` says.
  aaguid text not null,
  attestation_format text not null,
  attestation_trust text not null check (attestation_trust in ('none', 'self', 'unproven', 'proven')),
  -- Sealed under the person's own key.
  name_sealed bytea not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  -- A warning, which stays for as long as the passkey does.
  clone_suspected_at timestamptz,
  check (backup_eligible or not backup_state)
);
create index passkey_person on identity.passkey (person_id, created_at);
grant select, insert, delete on identity.passkey to custodia_app;
-- Whose it is, its key and whether it may be backed up never change.
grant update (counter, backup_state, name_sealed, last_used_at, clone_suspected_at) on identity.passkey to custodia_app;

create table identity.passkey_challenge (
  challenge bytea primary key check (octet_length(challenge) = 32),
  purpose text not null check (purpose in ('register', 'prove', 'sign-in')),
  -- What it is bound to: a sign-in under way, a session, or a browser that nobody has signed in with (as a keyed hash).
  flow text not null,
  expires_at timestamptz not null,
  used_at timestamptz
);
create index passkey_challenge_expires on identity.passkey_challenge (expires_at);
grant select, insert, delete on identity.passkey_challenge to custodia_app;
grant update (used_at) on identity.passkey_challenge to custodia_app;
