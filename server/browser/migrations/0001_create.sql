-- What browsers refused, counted. Nobody is named: paths without identifiers, origins without paths.
create table browser.report (
  -- Empty for Custodia's own pages.
  application text not null check (length(application) <= 31),
  kind text not null,
  disposition text not null,
  directive text not null check (length(directive) <= 40),
  blocked text not null check (length(blocked) <= 220),
  path text not null check (length(path) <= 200),
  count bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (application, kind, disposition, directive, blocked, path)
);
create index report_last on browser.report (last_at);

-- Inline scripts and styles that an application sent while its policy was learnt: of their text only the hash.
create table browser.inline (
  application text not null check (length(application) <= 31),
  element text not null,
  hash text not null check (length(hash) <= 100),
  first_at timestamptz not null,
  last_at timestamptz not null,
  -- Replies that had it.
  seen bigint not null,
  primary key (application, element, hash)
);
create index inline_last on browser.inline (last_at);

-- What somebody allowed an application beyond the strict policy. A version never changes.
create table browser.policy (
  application text not null check (length(application) <= 31),
  number integer not null,
  sources jsonb not null,
  trusted_types boolean not null,
  live_at timestamptz not null,
  retired_at timestamptz,
  primary key (application, number)
);
create unique index policy_live on browser.policy (application) where retired_at is null;

grant select, insert, update, delete on browser.report, browser.inline to custodia_app;
grant select, insert, update on browser.policy to custodia_app;
