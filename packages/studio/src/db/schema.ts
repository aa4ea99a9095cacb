/** Raised whenever the tables change or models are understood better: everything is then found out anew. */
export const SCHEMA_VERSION = 1;

/** Everything here is a cache of what files say. */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS models (
  path TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  folder TEXT NOT NULL,
  root TEXT NOT NULL,
  stamp TEXT NOT NULL,
  side_stamp TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  changed_ms REAL NOT NULL,
  kind TEXT NOT NULL,
  families TEXT NOT NULL,
  category TEXT,
  -- 1 while its drive is not connected.
  away INTEGER NOT NULL DEFAULT 0,
  -- JSON: what is noted beside it, and what is wrong with it.
  sides TEXT NOT NULL,
  notices TEXT NOT NULL,
  -- The long ones last, so that lists, which need neither, do not read them: JSON of what the file is, and every word that it can be
  -- found by, folded.
  facts TEXT NOT NULL,
  words TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS models_by_name ON models (name COLLATE NOCASE, path);
CREATE INDEX IF NOT EXISTS models_by_stamp ON models (stamp);

CREATE TABLE IF NOT EXISTS hashes (
  stamp TEXT PRIMARY KEY,
  old TEXT,
  sha256 TEXT,
  data TEXT,
  tensors TEXT,
  blake3 TEXT,
  crc32 TEXT,
  -- 1 when all that can be computed has been.
  complete INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS hashes_by_sha256 ON hashes (sha256);
CREATE INDEX IF NOT EXISTS hashes_by_data ON hashes (data);
CREATE INDEX IF NOT EXISTS hashes_by_tensors ON hashes (tensors);
CREATE INDEX IF NOT EXISTS hashes_by_old ON hashes (old);
CREATE INDEX IF NOT EXISTS hashes_by_blake3 ON hashes (blake3);
CREATE INDEX IF NOT EXISTS hashes_by_crc32 ON hashes (crc32);
`;
