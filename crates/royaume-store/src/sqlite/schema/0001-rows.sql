-- Rows lie in the order of their keys, inside the primary key itself: keys that begin with a coarse time append.
CREATE TABLE rows (
    realm      TEXT NOT NULL,
    kind       TEXT NOT NULL,
    key        BLOB NOT NULL,
    version    INTEGER NOT NULL,
    spent_at   INTEGER,
    expires_at INTEGER,
    family     BLOB,
    within     BLOB,
    alias      TEXT,
    body       BLOB NOT NULL,
    PRIMARY KEY (realm, kind, key)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX rows_by_alias ON rows (realm, kind, alias) WHERE alias IS NOT NULL;
CREATE INDEX rows_by_expiry ON rows (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE revoked (
    realm  TEXT NOT NULL,
    family BLOB NOT NULL,
    until  INTEGER NOT NULL,
    PRIMARY KEY (realm, family)
) STRICT, WITHOUT ROWID;

CREATE INDEX revoked_by_end ON revoked (until);

-- One number per realm, changed with every kept row, whoever writes it.
CREATE TABLE epochs (
    realm TEXT PRIMARY KEY,
    epoch INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER kept_row_created AFTER INSERT ON rows WHEN NEW.expires_at IS NULL
BEGIN
    INSERT INTO epochs (realm, epoch) VALUES (NEW.realm, 1) ON CONFLICT (realm) DO UPDATE SET epoch = epoch + 1;
END;

CREATE TRIGGER kept_row_changed AFTER UPDATE ON rows WHEN OLD.expires_at IS NULL OR NEW.expires_at IS NULL
BEGIN
    INSERT INTO epochs (realm, epoch) VALUES (NEW.realm, 1) ON CONFLICT (realm) DO UPDATE SET epoch = epoch + 1;
END;

CREATE TRIGGER kept_row_deleted AFTER DELETE ON rows WHEN OLD.expires_at IS NULL
BEGIN
    INSERT INTO epochs (realm, epoch) VALUES (OLD.realm, 1) ON CONFLICT (realm) DO UPDATE SET epoch = epoch + 1;
END;

-- Changed to learn whether the disk takes a change.
CREATE TABLE pulse (beats INTEGER NOT NULL) STRICT;
INSERT INTO pulse (beats) VALUES (0);
