-- Phones that text messages go to. An offer is worth nothing before the code that it got confirms it.
create table identity.phone (
  id text primary key,
  person_id text not null references identity.person on delete cascade,
  -- Number (E.164) and name, sealed under the person's own key. There is no index over numbers: nobody is found by one.
  number_sealed bytea not null,
  name_sealed bytea,
  created_at timestamptz not null,
  offered_until timestamptz not null,
  confirmed_at timestamptz,
  last_used_at timestamptz,
  check ((confirmed_at is null) = (name_sealed is null))
);
create index phone_person on identity.phone (person_id);
create index phone_offered on identity.phone (offered_until) where confirmed_at is null;
grant select, insert, delete on identity.phone to custodia_app;
-- A number never changes: another one is another phone.
grant update (name_sealed, confirmed_at, last_used_at) on identity.phone to custodia_app;
