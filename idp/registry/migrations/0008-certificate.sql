-- Client certificates that people have bound to themselves. name: SHA-256 of issuer and serial number.
CREATE TABLE certificate (
    id        TEXT PRIMARY KEY,
    person    TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    name      BLOB NOT NULL UNIQUE CHECK (length(name) = 32),
    subject   TEXT NOT NULL,
    issuer    TEXT NOT NULL,
    bound_at  INTEGER NOT NULL CHECK (bound_at BETWEEN 1 AND 4),
    not_after INTEGER NOT NULL,
    created   INTEGER NOT NULL
);
CREATE INDEX certificate_person ON certificate (person, created);
