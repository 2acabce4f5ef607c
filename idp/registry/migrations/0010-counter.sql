-- Officers who may vouch for people at a counter, and what they vouched for in the last minutes.
CREATE TABLE counter (
    person       TEXT PRIMARY KEY REFERENCES person (id) ON DELETE CASCADE,
    place        TEXT NOT NULL,
    organisation TEXT,
    added        INTEGER NOT NULL
);

-- code: HMAC of the digits, which are shown once.
CREATE TABLE voucher (
    code    BLOB PRIMARY KEY CHECK (length(code) = 32),
    person  TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    officer TEXT NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    expires INTEGER NOT NULL
);
CREATE INDEX voucher_expires ON voucher (expires);
