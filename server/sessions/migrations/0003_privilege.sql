-- What a cookie is worth stands with the cookie: a change of privilege makes a new one, and none grows in worth while it lives.
alter table sessions.handle
  -- Null is what its session began with.
  add column factors text[],
  add column authenticated_at timestamptz,
  -- Null is the end of its session.
  add column expires_at timestamptz,
  -- When another cookie took its place.
  add column superseded_at timestamptz;

-- How the browser looked, as keyed hashes: they say that something changed, not what it is.
alter table sessions.session
  -- Null was never noted: then nothing is compared.
  add column browser_hash bytea,
  add column browser_version integer,
  -- The networks from which it was used, the newest last.
  add column networks bytea[] not null default '{}',
  add column drifted_at timestamptz,
  add column drift text[],
  -- A held session serves nobody until a factor is proven again.
  add column held_at timestamptz,
  add column held_why text,
  add check ((held_at is null) = (held_why is null)),
  add check ((drifted_at is null) = (drift is null)),
  add check (cardinality(networks) <= 8);

grant update (expires_at, superseded_at) on sessions.handle to custodia_app;
grant update (browser_hash, browser_version, networks, drifted_at, drift, held_at, held_why)
  on sessions.session to custodia_app;
