-- Format 1. Append-only: rows are added, a run's state moves forward; only how a run is to be stated (title,
-- requirements, level: the manifest) follows the measurement file.
CREATE TABLE material (
    digest TEXT PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, licence TEXT NOT NULL,
    source TEXT NOT NULL, certificate TEXT
) WITHOUT ROWID;
CREATE TABLE item (
    material TEXT NOT NULL, place INTEGER NOT NULL, json BLOB NOT NULL, digest BLOB NOT NULL,
    PRIMARY KEY (material, place)
) WITHOUT ROWID;
CREATE TABLE run (
    name TEXT PRIMARY KEY, base TEXT NOT NULL, occasion INTEGER NOT NULL, title TEXT NOT NULL,
    created_s REAL NOT NULL, planned INTEGER NOT NULL, state TEXT NOT NULL, manifest BLOB NOT NULL
) WITHOUT ROWID;
-- key: digest of what the subject can notice. digest: of what it answered, without times.
CREATE TABLE response (
    key BLOB PRIMARY KEY, digest BLOB NOT NULL, status INTEGER NOT NULL, output TEXT NOT NULL, note TEXT NOT NULL,
    finish TEXT NOT NULL, usage TEXT NOT NULL, served TEXT NOT NULL, latency_s REAL, attempts INTEGER NOT NULL, at_s REAL
) WITHOUT ROWID;
CREATE TABLE channel (
    id INTEGER PRIMARY KEY, run TEXT NOT NULL, digest TEXT NOT NULL, measurand TEXT NOT NULL, json BLOB NOT NULL,
    UNIQUE (run, digest)
);
CREATE TABLE observation (
    channel INTEGER NOT NULL, item INTEGER NOT NULL, variant INTEGER NOT NULL, repeat INTEGER NOT NULL,
    status INTEGER NOT NULL, value REAL, note TEXT NOT NULL, response BLOB NOT NULL,
    PRIMARY KEY (channel, item, variant, repeat)
) WITHOUT ROWID;
CREATE TABLE report (
    digest TEXT PRIMARY KEY, run TEXT NOT NULL, content TEXT NOT NULL, asked TEXT NOT NULL, envelope BLOB NOT NULL
) WITHOUT ROWID;
CREATE INDEX report_of_run ON report (run);
