-- One-time codes, recovery codes, what a person chose about them, and what organisations and portals forbid.

-- kind 0: by time (RFC 6238), 1: by counter (RFC 4226). moving: the next step or counter that may be taken, so that what
-- was used is below it. drift: steps that the holder's clock was ahead of ours when she used it last.
CREATE TABLE one_time (
    id       TEXT PRIMARY KEY,
    person   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    kind     INTEGER NOT NULL CHECK (kind IN (0, 1)),
    state    INTEGER NOT NULL CHECK (state IN (0, 1)),
    bound_at INTEGER NOT NULL CHECK (bound_at BETWEEN 1 AND 4),
    moving   INTEGER NOT NULL CHECK (moving >= 0),
    drift    INTEGER NOT NULL,
    created  INTEGER NOT NULL,
    used     INTEGER NOT NULL,
    label    TEXT,
    sealed   BLOB NOT NULL
);
CREATE INDEX one_time_person ON one_time (person, created);

-- A used code stays until the next ten are made, so that its holder sees how many are left.
CREATE TABLE recovery_code (
    person  TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    digest  BLOB NOT NULL CHECK (length(digest) = 32),
    created INTEGER NOT NULL,
    used    INTEGER NOT NULL,
    PRIMARY KEY (person, digest)
);

-- Without a row: 0.
CREATE TABLE person_choice (
    person        TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    always_second INTEGER NOT NULL CHECK (always_second IN (0, 1))
);

-- scope 0: an organisation, for its portals and its own people; 1: one portal. means: bits of policies/means.def that
-- prove nothing there.
CREATE TABLE policy_rule (
    scope   INTEGER NOT NULL CHECK (scope IN (0, 1)),
    target  TEXT NOT NULL,
    means   INTEGER NOT NULL CHECK (means > 0),
    reason  TEXT NOT NULL,
    actor   TEXT NOT NULL,
    changed INTEGER NOT NULL,
    PRIMARY KEY (scope, target)
);
