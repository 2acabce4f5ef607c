-- Administrators of the console, each by one passkey (SECURITY.md 24).
CREATE TABLE administrator (
    id              TEXT PRIMARY KEY,
    name            TEXT NOT NULL,
    scopes          TEXT NOT NULL,
    made_by         TEXT NOT NULL,
    state           INTEGER NOT NULL CHECK (state IN (0, 1)),
    alg             INTEGER NOT NULL CHECK (alg IN (-7, -8, -257)),
    counter         INTEGER NOT NULL CHECK (counter BETWEEN 0 AND 4294967295),
    backup_eligible INTEGER NOT NULL CHECK (backup_eligible IN (0, 1)),
    created         INTEGER NOT NULL,
    used            INTEGER NOT NULL,
    credential_id   BLOB NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 16 AND 1023),
    public_key      BLOB NOT NULL
);
