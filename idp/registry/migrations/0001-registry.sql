-- Everything that lasts. Texts are UTF-8, times are seconds of Unix time (0: never), lists are JSON arrays.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- A subject: citizen, organisation, household or official role. user_key is user_name in lower case.
CREATE TABLE person (
    id             TEXT PRIMARY KEY,
    kind           INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
    active         INTEGER NOT NULL CHECK (active IN (0, 1)),
    proofing       INTEGER NOT NULL CHECK (proofing BETWEEN 1 AND 4),
    version        INTEGER NOT NULL,
    created        INTEGER NOT NULL,
    updated        INTEGER NOT NULL,
    user_name      TEXT NOT NULL,
    user_key       TEXT NOT NULL UNIQUE,
    external_id    TEXT,
    name           TEXT NOT NULL,
    family_name    TEXT,
    middle_name    TEXT,
    given_name     TEXT,
    birthdate      TEXT,
    gender         TEXT,
    address        TEXT,
    email          TEXT,
    email_verified INTEGER NOT NULL,
    phone          TEXT,
    phone_verified INTEGER NOT NULL,
    locale         TEXT
);
CREATE INDEX person_name ON person (name);

CREATE TABLE identifier (
    person TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    scheme INTEGER NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (scheme, value),
    UNIQUE (person, scheme)
);

CREATE TABLE qr_identity (
    qid          TEXT PRIMARY KEY,
    person       TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    kind         INTEGER NOT NULL CHECK (kind IN (0, 1)),
    status       INTEGER NOT NULL CHECK (status BETWEEN 0 AND 3),
    bound_at     INTEGER NOT NULL CHECK (bound_at BETWEEN 1 AND 4),
    issued       INTEGER NOT NULL,
    expires      INTEGER NOT NULL,
    used         INTEGER NOT NULL DEFAULT 0,
    failures     INTEGER NOT NULL DEFAULT 0,
    is_primary   INTEGER NOT NULL DEFAULT 0,
    status_list  INTEGER NOT NULL,
    status_index INTEGER NOT NULL,
    jwk          TEXT,
    thumbprint   TEXT UNIQUE,
    label        TEXT,
    CHECK (kind = 0 OR bound_at = 1)
);
CREATE INDEX qr_identity_person ON qr_identity (person, issued);

-- The row outlives the QR identity and its person: an index is never given again.
CREATE TABLE status_index (
    list INTEGER NOT NULL,
    idx  INTEGER NOT NULL,
    qid  TEXT NOT NULL,
    PRIMARY KEY (list, idx)
);

CREATE TABLE status_list (
    list  INTEGER PRIMARY KEY,
    drawn INTEGER NOT NULL
);

CREATE TABLE credential (
    id        TEXT PRIMARY KEY,
    person    TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    qid       TEXT REFERENCES qr_identity (qid) ON DELETE CASCADE,
    type      INTEGER NOT NULL CHECK (type BETWEEN 0 AND 2),
    state     INTEGER NOT NULL CHECK (state IN (0, 1)),
    bound_at  INTEGER NOT NULL CHECK (bound_at BETWEEN 1 AND 4),
    failures  INTEGER NOT NULL,
    failed_at INTEGER NOT NULL,
    created   INTEGER NOT NULL,
    changed   INTEGER NOT NULL,
    used      INTEGER NOT NULL,
    verifier  TEXT NOT NULL,
    CHECK ((type = 1) = (qid IS NOT NULL))
);
CREATE UNIQUE INDEX credential_of_person ON credential (person, type) WHERE qid IS NULL;
CREATE UNIQUE INDEX credential_of_qr ON credential (qid, type) WHERE qid IS NOT NULL;

CREATE TABLE client (
    id                  TEXT PRIMARY KEY,
    state               INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    metadata            TEXT NOT NULL,
    name                TEXT NOT NULL,
    subject_type        INTEGER NOT NULL CHECK (subject_type IN (0, 1)),
    sector              TEXT NOT NULL,
    secret_digest       BLOB,
    secret_expires      INTEGER NOT NULL,
    registration_digest BLOB,
    owner               TEXT NOT NULL,
    legal_basis         TEXT,
    purpose_version     INTEGER NOT NULL,
    unreachable         INTEGER NOT NULL,
    version             INTEGER NOT NULL,
    created             INTEGER NOT NULL,
    updated             INTEGER NOT NULL
);

CREATE TABLE consent (
    person          TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    client          TEXT NOT NULL REFERENCES client (id) ON DELETE CASCADE,
    sector          TEXT NOT NULL,
    shape           TEXT NOT NULL,
    claims          TEXT NOT NULL,
    scopes          TEXT NOT NULL,
    resources       TEXT NOT NULL,
    purpose_version INTEGER NOT NULL,
    given           INTEGER NOT NULL,
    PRIMARY KEY (person, client)
);
CREATE INDEX consent_client ON consent (client);

-- Never deleted: an epoch that fell back to zero would revive what was revoked.
CREATE TABLE epoch (
    kind  TEXT NOT NULL,
    id    TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
);

CREATE TABLE revocation (
    seq     INTEGER PRIMARY KEY,
    shard   INTEGER NOT NULL,
    act     TEXT NOT NULL,
    scope   TEXT NOT NULL,
    target  TEXT NOT NULL,
    subject TEXT,
    reason  TEXT NOT NULL,
    actor   TEXT NOT NULL,
    plan    TEXT,
    receipt TEXT,
    at      INTEGER NOT NULL,
    applied INTEGER NOT NULL
);
CREATE INDEX revocation_pending ON revocation (seq) WHERE applied = 0;
CREATE INDEX revocation_shard ON revocation (shard, seq);
CREATE INDEX revocation_target ON revocation (scope, target);

CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY,
    kind       TEXT NOT NULL,
    target     TEXT NOT NULL,
    payload    TEXT NOT NULL,
    revocation INTEGER NOT NULL,
    tries      INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    due        INTEGER NOT NULL,
    delivered  INTEGER NOT NULL,
    given_up   INTEGER NOT NULL,
    last_error TEXT
);
CREATE INDEX outbox_due ON outbox (due, id) WHERE delivered = 0 AND given_up = 0;
CREATE INDEX outbox_revocation ON outbox (revocation) WHERE revocation <> 0;

CREATE TABLE audit (
    seq     INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    type    TEXT NOT NULL,
    subject TEXT,
    detail  TEXT NOT NULL,
    prev    BLOB NOT NULL,
    hash    BLOB NOT NULL
);
CREATE INDEX audit_subject ON audit (subject, seq);
CREATE INDEX audit_type ON audit (type, seq);
CREATE TABLE audit_head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL
);
CREATE TABLE audit_position (
    shard    INTEGER PRIMARY KEY,
    position TEXT NOT NULL
);

CREATE TABLE signing_key (
    kid          TEXT PRIMARY KEY,
    use          TEXT NOT NULL,
    alg          TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('next', 'active', 'retired')),
    published    INTEGER NOT NULL,
    retire_after INTEGER NOT NULL,
    sealed       BLOB NOT NULL
);
CREATE UNIQUE INDEX signing_key_one ON signing_key (use, state) WHERE state IN ('next', 'active');

CREATE TABLE operator_token (
    jti     TEXT PRIMARY KEY,
    kind    INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),
    actor   TEXT NOT NULL,
    scopes  TEXT NOT NULL,
    issued  INTEGER NOT NULL,
    expires INTEGER NOT NULL,
    revoked INTEGER NOT NULL
);
CREATE INDEX operator_token_expires ON operator_token (expires);
