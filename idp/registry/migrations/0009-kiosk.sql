-- Kiosks: screens at counters with a key of their own, whose place an operator has registered (SECURITY.md 5).
CREATE TABLE kiosk (
    id           TEXT PRIMARY KEY,
    state        INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2),
    name         TEXT NOT NULL,
    place        TEXT NOT NULL,
    organisation TEXT,
    jwk          TEXT,
    thumbprint   TEXT UNIQUE,
    created      INTEGER NOT NULL,
    enrolled     INTEGER NOT NULL,
    CHECK ((state = 0) = (jwk IS NULL))
);
