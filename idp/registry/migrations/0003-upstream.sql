-- Whom people may sign in by besides ourselves: OpenID and SAML providers, directories, RADIUS servers, realms.
-- config is JSON without its secrets; those are one JSON object in `sealed`, under the key-encryption key.
CREATE TABLE upstream (
    id            TEXT PRIMARY KEY,
    kind          TEXT NOT NULL CHECK (kind IN ('oidc', 'saml', 'ldap', 'radius', 'kerberos')),
    state         INTEGER NOT NULL CHECK (state IN (0, 1)),
    name          TEXT NOT NULL,
    name_vi       TEXT,
    organisation  TEXT,
    issuer        TEXT NOT NULL,
    level_cap     INTEGER NOT NULL CHECK (level_cap BETWEEN 1 AND 4),
    proofing      INTEGER NOT NULL CHECK (proofing BETWEEN 1 AND 4),
    jit           INTEGER NOT NULL,
    trusts_number INTEGER NOT NULL CHECK (trusts_number IN (0, 1)),
    config        TEXT NOT NULL,
    sealed        BLOB,
    version       INTEGER NOT NULL,
    created       INTEGER NOT NULL,
    updated       INTEGER NOT NULL
);

-- Who somebody is there, and who she is here. A subject of an upstream is one person; a person may have several.
CREATE TABLE link (
    upstream TEXT NOT NULL REFERENCES upstream (id) ON DELETE CASCADE,
    subject  TEXT NOT NULL,
    person   TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    how      TEXT NOT NULL CHECK (how IN ('jit', 'number', 'proven', 'admin')),
    created  INTEGER NOT NULL,
    used     INTEGER NOT NULL,
    PRIMARY KEY (upstream, subject)
);
CREATE INDEX link_person ON link (person, upstream);
