-- Owners take turns at being looked at: each with the file that is due first.
create index upload_turns on uploads.upload (organisation_id, owner_kind, owner_id, next_try_at) where next_try_at is not null;
