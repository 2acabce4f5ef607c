-- Acts of operators that wait for a second one (SECURITY.md 24).
CREATE TABLE approval (
    id          TEXT PRIMARY KEY,
    act         TEXT NOT NULL,
    scopes      TEXT NOT NULL,
    asked_by    TEXT NOT NULL,
    asked       INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    approved_by TEXT,
    approved    INTEGER NOT NULL,
    used        INTEGER NOT NULL,
    CHECK (approved_by IS NULL OR approved_by <> asked_by)
);
