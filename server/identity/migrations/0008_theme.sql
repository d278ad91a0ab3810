-- How an organisation's pages look. What is not set is as Custodia looks.
create table identity.theme (
  organisation_id text primary key references identity.organisation,
  -- What the pages call it: seen by whoever opens the sign-in page, unlike the organisation's own name.
  name text check (char_length(name) between 1 and 60),
  accent text check (accent ~ '^#[0-9a-f]{6}$'),
  logo bytea check (octet_length(logo) between 1 and 65536),
  logo_type text check (logo_type in ('image/png', 'image/jpeg', 'image/webp')),
  -- SHA-256 of the picture, as base64url: its address.
  logo_hash text check (logo_hash ~ '^[A-Za-z0-9_-]{43}$'),
  logo_width smallint check (logo_width between 1 and 512),
  logo_height smallint check (logo_height between 1 and 512),
  changed_at timestamptz not null,
  check (num_nulls(logo, logo_type, logo_hash, logo_width, logo_height) in (0, 5))
);
create index theme_logo on identity.theme (logo_hash) where logo_hash is not null;
grant select, insert on identity.theme to custodia_app;
grant update (name, accent, logo, logo_type, logo_hash, logo_width, logo_height, changed_at) on identity.theme to custodia_app;
