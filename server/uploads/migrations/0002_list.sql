-- For the lists of an organisation, the newest first.
create index upload_listed on uploads.upload (organisation_id, created_at desc, id desc);
