CREATE TABLE rows (
    realm      text COLLATE "C" NOT NULL,
    kind       text COLLATE "C" NOT NULL,
    key        bytea NOT NULL,
    version    bigint NOT NULL,
    spent_at   bigint,
    expires_at bigint,
    family     bytea,
    within     bytea,
    alias      text COLLATE "C",
    body       bytea NOT NULL,
    PRIMARY KEY (realm, kind, key)
);

CREATE UNIQUE INDEX rows_by_alias ON rows (realm, kind, alias) WHERE alias IS NOT NULL;
CREATE INDEX rows_by_expiry ON rows (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE revoked (
    realm  text COLLATE "C" NOT NULL,
    family bytea NOT NULL,
    until  bigint NOT NULL,
    PRIMARY KEY (realm, family)
);

CREATE INDEX revoked_by_end ON revoked (until);

-- One number per realm, changed with every kept row, whoever writes it.
CREATE TABLE epochs (
    realm text COLLATE "C" PRIMARY KEY,
    epoch bigint NOT NULL
);

CREATE FUNCTION change_epoch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO royaume.epochs AS e (realm, epoch)
    VALUES (CASE TG_OP WHEN 'DELETE' THEN OLD.realm ELSE NEW.realm END, 1)
    ON CONFLICT (realm) DO UPDATE SET epoch = e.epoch + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER kept_row_created AFTER INSERT ON rows FOR EACH ROW
    WHEN (NEW.expires_at IS NULL) EXECUTE FUNCTION change_epoch();
CREATE TRIGGER kept_row_changed AFTER UPDATE ON rows FOR EACH ROW
    WHEN (OLD.expires_at IS NULL OR NEW.expires_at IS NULL) EXECUTE FUNCTION change_epoch();
CREATE TRIGGER kept_row_deleted AFTER DELETE ON rows FOR EACH ROW
    WHEN (OLD.expires_at IS NULL) EXECUTE FUNCTION change_epoch();
