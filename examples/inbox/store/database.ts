import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * In the clear stand ids (random), when a message was received, its size, what it is labelled with and who has seen it
 * (by id), and blind indexes. Everything a person wrote is in `sealed`, field by field.
 */
const schema = `
  CREATE TABLE import (
    id TEXT PRIMARY KEY,
    started_ms INTEGER NOT NULL,
    finished_ms INTEGER,
    found INTEGER NOT NULL DEFAULT 0,
    added INTEGER NOT NULL DEFAULT 0,
    known INTEGER NOT NULL DEFAULT 0,
    malformed INTEGER NOT NULL DEFAULT 0,
    refused INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE message (
    id TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL UNIQUE,
    received_ms INTEGER NOT NULL,
    size INTEGER NOT NULL,
    problem TEXT,
    import_id TEXT NOT NULL REFERENCES import (id)
  ) STRICT;
  CREATE INDEX message_listed ON message (received_ms DESC, id DESC) WHERE problem IS NULL;
  CREATE INDEX message_malformed ON message (received_ms DESC, id DESC) WHERE problem IS NOT NULL;
  CREATE TABLE sealed (
    message_id TEXT NOT NULL REFERENCES message (id),
    field TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (message_id, field)
  ) STRICT;
  CREATE TABLE word (
    token BLOB NOT NULL,
    message_id TEXT NOT NULL REFERENCES message (id),
    PRIMARY KEY (token, message_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE label (
    id TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL UNIQUE,
    name BLOB NOT NULL
  ) STRICT;
  CREATE TABLE labelled (
    message_id TEXT NOT NULL REFERENCES message (id),
    label_id TEXT NOT NULL REFERENCES label (id),
    PRIMARY KEY (message_id, label_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX labelled_with ON labelled (label_id, message_id);
  CREATE TABLE seen (
    person TEXT NOT NULL,
    message_id TEXT NOT NULL REFERENCES message (id),
    PRIMARY KEY (person, message_id)
  ) STRICT, WITHOUT ROWID;
  PRAGMA user_version = 1;
`

/**
 * Mailboxes and their folders: who may see which, Custodia knows. In the clear stand their ids, which mailbox a folder is in, and who was
 * here (by id, and by a blind index of the address). What was there before belongs to the team.
 */
const places = `
  CREATE TABLE place (
    id TEXT PRIMARY KEY,
    mailbox_id TEXT REFERENCES place (id),
    name BLOB,
    settled INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO place (id) VALUES ('team');
  CREATE TABLE person (
    id TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL,
    name BLOB NOT NULL,
    email BLOB NOT NULL
  ) STRICT;
  CREATE INDEX person_address ON person (fingerprint);
  ALTER TABLE message ADD COLUMN place_id TEXT NOT NULL DEFAULT 'team';
  ALTER TABLE import ADD COLUMN place_id TEXT NOT NULL DEFAULT 'team';
  CREATE INDEX message_placed ON message (place_id, received_ms DESC, id DESC);
  PRAGMA user_version = 2;
`

/**
 * What became of each attachment: in the clear stand the id under which Custodia has it, and words of ours. What was there before is
 * handed over like what arrives: there is one row for each attachment whose first piece is in the store.
 */
const attachments = `
  CREATE TABLE attachment (
    message_id TEXT NOT NULL REFERENCES message (id),
    number INTEGER NOT NULL,
    upload_id TEXT UNIQUE,
    state TEXT NOT NULL DEFAULT 'waiting',
    reason TEXT,
    active INTEGER NOT NULL DEFAULT 0,
    picture INTEGER NOT NULL DEFAULT 0,
    tries INTEGER NOT NULL DEFAULT 0,
    due_ms INTEGER DEFAULT 0,
    PRIMARY KEY (message_id, number)
  ) STRICT;
  CREATE INDEX attachment_due ON attachment (due_ms) WHERE due_ms IS NOT NULL;
  CREATE TABLE erasure (
    upload_id TEXT PRIMARY KEY,
    tries INTEGER NOT NULL DEFAULT 0,
    due_ms INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  INSERT INTO attachment (message_id, number)
    SELECT message_id, CAST(substr(field, 11) AS INTEGER) FROM sealed WHERE field GLOB 'attachment[0-9]*.0';
  PRAGMA user_version = 3;
`

/** How long one process waits for another that writes. */
const timeoutMs = 5_000

/**
 * Opens the store, and makes it where there is none. Several processes may have it open.
 *
 * @param folder readable by its owner only when we make it.
 * @throws Error where the store is of a later version than this program.
 */
export function openDatabase(folder: string): DatabaseSync {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(join(folder, 'inbox.sqlite'), { timeout: timeoutMs })
  chmodSync(join(folder, 'inbox.sqlite'), 0o600)
  // FULL: once a transaction is acknowledged it survives a loss of power, also in WAL mode.
  useWal(database)
  database.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  inTransaction(database, () => {
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
    if (version > 3) throw new Error(`The store in ${folder} is of version ${version}; this program knows 3.`)
    if (version < 1) database.exec(schema)
    if (version < 2) database.exec(places)
    if (version < 3) database.exec(attachments)
  })
  return database
}

/** SQLITE_BUSY. */
const busy = 5

/** A new store is switched over by whoever comes first. SQLite does not wait here, as it does for every other lock. */
function useWal(database: DatabaseSync): void {
  const startedMs = performance.now()
  for (;;) {
    try {
      database.exec('PRAGMA journal_mode = WAL')
      return
    } catch (error) {
      if ((error as { errcode?: number }).errcode !== busy || performance.now() - startedMs > timeoutMs) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}

/** All of `work` or nothing of it. The lock is taken at once, so that two processes wait instead of failing halfway. */
export function inTransaction<Result>(database: DatabaseSync, work: () => Result): Result {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
