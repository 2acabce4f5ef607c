-- Passkeys and security keys (WebAuthn).

-- What an authenticator knows a person by (WebAuthn section 5.4.3, user handle): random, nothing of hers.
CREATE TABLE passkey_holder (
    person TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    handle BLOB NOT NULL UNIQUE CHECK (length(handle) = 32)
);

-- qid: approves on that phone's wallet; without one: signs in.
CREATE TABLE passkey (
    id              TEXT PRIMARY KEY,
    person          TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    qid             TEXT REFERENCES qr_identity (qid) ON DELETE CASCADE,
    state           INTEGER NOT NULL CHECK (state BETWEEN 0 AND 1),
    bound_at        INTEGER NOT NULL CHECK (bound_at BETWEEN 1 AND 4),
    alg             INTEGER NOT NULL CHECK (alg IN (-7, -8, -257)),
    counter         INTEGER NOT NULL CHECK (counter BETWEEN 0 AND 4294967295),
    backup_eligible INTEGER NOT NULL CHECK (backup_eligible IN (0, 1)),
    backed_up       INTEGER NOT NULL CHECK (backed_up <= backup_eligible AND backed_up >= 0),
    attested        INTEGER NOT NULL CHECK (attested IN (0, 1)),
    created         INTEGER NOT NULL,
    used            INTEGER NOT NULL,
    credential_id   BLOB NOT NULL UNIQUE CHECK (length(credential_id) BETWEEN 16 AND 1023),
    public_key      BLOB NOT NULL,
    aaguid          BLOB NOT NULL CHECK (length(aaguid) = 16),
    transports      TEXT NOT NULL,
    name            TEXT NOT NULL
);
CREATE INDEX passkey_person ON passkey (person, created);

-- Which models of authenticators are known: policy as data (SECURITY.md 6). biometric: it verifies its user by a
-- biometric and falls back to no PIN. anchors: certificates (PEM) that its attestation must lead to.
CREATE TABLE passkey_model (
    aaguid    BLOB PRIMARY KEY CHECK (length(aaguid) = 16),
    name      TEXT NOT NULL,
    allowed   INTEGER NOT NULL CHECK (allowed IN (0, 1)),
    biometric INTEGER NOT NULL CHECK (biometric IN (0, 1)),
    anchors   TEXT NOT NULL,
    updated   INTEGER NOT NULL
);
