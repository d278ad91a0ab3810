-- What is remembered of a person's sign-ins, to tell the next one apart: counts, never addresses.
create table identity.risk_history (
  person_id text primary key references identity.person on delete cascade,
  -- By feature, how often each value came. Networks and browsers are keyed hashes that differ from person to person. The last
  -- 200 sign-ins or so, and at most 32 values of a feature.
  counts jsonb not null check (octet_length(counts::text) <= 32768),
  -- Fades: not whole.
  sign_ins double precision not null,
  -- Country and whole degrees of the last sign-in, sealed under the person's key. Null where no database says them.
  spot_sealed bytea,
  last_at timestamptz not null
);
create index risk_history_last on identity.risk_history (last_at);
grant select, insert, delete on identity.risk_history to custodia_app;
grant update (counts, sign_ins, spot_sealed, last_at) on identity.risk_history to custodia_app;

-- How common a value is among everybody. Counts halve every 60 days.
create table identity.risk_common (
  feature text not null,
  -- Keyed hash, another one than in any person's history.
  value text not null,
  count double precision not null,
  counted_at timestamptz not null,
  primary key (feature, value)
);
create index risk_common_counted on identity.risk_common (counted_at);
grant select, insert, delete on identity.risk_common to custodia_app;
grant update (count, counted_at) on identity.risk_common to custodia_app;

-- Browsers in which a person has signed in. Each row is one person's: another person's cookie is another one.
create table identity.device (
  -- HMAC-SHA-256 of the cookie's value, under a key that is not in the database.
  token_hash bytea primary key check (octet_length(token_hash) = 32),
  person_id text not null references identity.person on delete cascade,
  created_at timestamptz not null,
  last_used_at timestamptz not null
);
create index device_person on identity.device (person_id, last_used_at);
create index device_last_used on identity.device (last_used_at);
grant select, insert, delete on identity.device to custodia_app;
grant update (last_used_at) on identity.device to custodia_app;
