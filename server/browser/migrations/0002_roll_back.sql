-- The version whose text this one brought back; null where somebody made it live anew.
alter table browser.policy add column restores integer;
