-- Metadata of SAML peers. An entity id may stand once for each role; the owner is the client (role 0, service
-- provider) or the upstream (role 1, identity provider) that the metadata describes. parsed is the compact form of
-- xml that requests read; sources are 0 upload, 1 url, 2 mdq; times are seconds of Unix time, 0: never or not said.

CREATE TABLE saml_entity (
    entity_id      TEXT NOT NULL,
    role           INTEGER NOT NULL CHECK (role IN (0, 1)),
    owner          TEXT NOT NULL,
    source         INTEGER NOT NULL CHECK (source IN (0, 1, 2)),
    url            TEXT,
    pin            BLOB,
    xml            BLOB NOT NULL,
    digest         BLOB NOT NULL,
    parsed         BLOB NOT NULL,
    settings       TEXT NOT NULL,
    valid_until    INTEGER NOT NULL,
    cache_duration INTEGER NOT NULL,
    fetched        INTEGER NOT NULL,
    refresh        INTEGER NOT NULL,
    failures       INTEGER NOT NULL,
    failed_at      INTEGER NOT NULL,
    last_error     TEXT,
    version        INTEGER NOT NULL,
    created        INTEGER NOT NULL,
    updated        INTEGER NOT NULL,
    PRIMARY KEY (entity_id, role)
) WITHOUT ROWID;
CREATE UNIQUE INDEX saml_entity_owner ON saml_entity (owner, role);
CREATE TRIGGER saml_entity_of_client AFTER DELETE ON client
BEGIN
    DELETE FROM saml_entity WHERE owner = OLD.id AND role = 0;
END;
CREATE INDEX saml_entity_refresh ON saml_entity (refresh) WHERE refresh <> 0;
