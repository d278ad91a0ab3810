-- How often something may be done. Null: for the whole installation.
create table limits.policy (
  organisation_id text,
  name text not null,
  counted_by text not null,
  burst integer not null check (burst between 1 and 1000000),
  per_seconds integer not null check (per_seconds between 1 and 86400),
  dry_run boolean not null,
  classes text[],
  methods text[],
  path text,
  application text,
  changed_at timestamptz not null,
  changed_by text,
  unique nulls not distinct (organisation_id, name)
);

-- Who is let in without a limit, or not at all, until when.
create table limits.entry (
  id text primary key,
  organisation_id text,
  list text not null check (list in ('allow', 'deny')),
  network text,
  account text,
  reason text not null,
  until timestamptz not null,
  created_at timestamptz not null,
  created_by text,
  check ((network is null) <> (account is null))
);
create index entry_until on limits.entry (until);
create index entry_account on limits.entry (account) where account is not null;

-- Who had no room lately. Kept for an hour: a subject may be somebody's address.
create unlogged table limits.limited (
  -- Whose caller it was; null where nobody knew yet.
  organisation_id text,
  policy text not null,
  counted_by text not null,
  subject text not null,
  route text not null,
  dry_run boolean not null,
  times bigint not null,
  since timestamptz not null,
  last_at timestamptz not null,
  until timestamptz not null,
  unique nulls not distinct (organisation_id, policy, subject)
);
create index limited_last on limits.limited (last_at);

-- Cells, where PostgreSQL keeps them. Losing them is harmless: nobody has spent anything then.
create unlogged table limits.cell (
  key text primary key,
  -- When it would be whole again, in microseconds since 1970.
  arrival bigint not null
);
create index cell_arrival on limits.cell (arrival);

-- The same steps as packages/edge/src/limits/memory-cells.ts: all or none, by this server's clock. Rows are locked in the order of their
-- keys, so that two that share cells wait for each other and not in a ring.
create function limits.spend(keys text[], steps bigint[], rooms bigint[], costs bigint[], tried boolean[])
returns table (allowed boolean, remaining bigint[], waits bigint[])
language plpgsql as $$
declare
  now_us bigint;
  arrivals bigint[];
  held bigint;
  n integer := cardinality(keys);
begin
  insert into limits.cell (key, arrival) select distinct one, 0 from unnest(keys) as one order by one
    on conflict (key) do nothing;
  perform 1 from limits.cell where key = any(keys) order by key for update;
  now_us := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
  allowed := true;
  for i in 1..n loop
    select arrival into held from limits.cell where key = keys[i];
    arrivals[i] := least(greatest(coalesce(held, 0), now_us), now_us + rooms[i]);
    waits[i] := case when steps[i] * costs[i] > rooms[i] then rooms[i]
      else greatest(0, arrivals[i] + steps[i] * costs[i] - rooms[i] - now_us) end;
    if waits[i] > 0 and not tried[i] then allowed := false; end if;
  end loop;
  for i in 1..n loop
    if allowed and waits[i] = 0 then
      arrivals[i] := arrivals[i] + steps[i] * costs[i];
      update limits.cell set arrival = arrivals[i] where key = keys[i];
    end if;
    remaining[i] := (rooms[i] - (arrivals[i] - now_us)) / steps[i];
  end loop;
  return next;
end $$;

grant select, insert, update, delete on limits.policy, limits.entry, limits.limited, limits.cell to custodia_app;
grant execute on function limits.spend to custodia_app;
