-- An embedded store as version 1 of the schema made it.

CREATE TABLE bodies (
    delivery_id BLOB NOT NULL,
    body BLOB NOT NULL,
    encoding TEXT DEFAULT 'plain' NOT NULL,
    key_id TEXT,
    PRIMARY KEY (delivery_id)
);

CREATE TABLE deliveries (
    delivery_id BLOB NOT NULL,
    source TEXT NOT NULL,
    url_type TEXT,
    via TEXT,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    peer TEXT,
    headers BLOB NOT NULL,
    origin TEXT NOT NULL,
    signature TEXT NOT NULL,
    signature_header TEXT,
    secret_fingerprint TEXT,
    arrived_at_ns BIGINT NOT NULL,
    body_digest BLOB NOT NULL,
    body_bytes INTEGER NOT NULL,
    event_type TEXT,
    event_id TEXT,
    event_schema TEXT,
    occurred_at_ns BIGINT,
    content_digest BLOB,
    recorded_at_ns BIGINT NOT NULL,
    PRIMARY KEY (delivery_id)
);

CREATE TABLE events (
    position INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    originator_id BLOB NOT NULL,
    originator_version INTEGER NOT NULL,
    topic TEXT NOT NULL,
    state BLOB NOT NULL,
    delivery_id BLOB NOT NULL,
    recorded_at_ns BIGINT NOT NULL,
    encoding TEXT DEFAULT 'plain' NOT NULL,
    key_id TEXT,
    UNIQUE (originator_id, originator_version)
);

CREATE TABLE keys (
    dedupe_key BLOB NOT NULL,
    delivery_id BLOB NOT NULL,
    content_digest BLOB,
    PRIMARY KEY (dedupe_key)
)
 WITHOUT ROWID;

CREATE TABLE meta (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name)
)
 WITHOUT ROWID;

CREATE TABLE outcomes (
    delivery_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    reason TEXT,
    detail TEXT,
    event_type TEXT,
    translation INTEGER NOT NULL,
    released_by TEXT,
    released_type TEXT,
    released_distinct BOOLEAN NOT NULL,
    repeat_of BLOB,
    events INTEGER NOT NULL,
    first_position BIGINT,
    last_position BIGINT,
    recorded_at_ns BIGINT NOT NULL,
    PRIMARY KEY (delivery_id, number)
)
 WITHOUT ROWID;

CREATE INDEX outcomes_not_recorded ON outcomes (outcome, delivery_id) WHERE outcome != 'recorded';

CREATE TABLE quarantined_bytes (
    bytes_key BLOB NOT NULL,
    delivery_id BLOB NOT NULL,
    PRIMARY KEY (bytes_key)
)
 WITHOUT ROWID;

CREATE TABLE refusals (
    refusal_id INTEGER NOT NULL,
    refused_at_ns BIGINT NOT NULL,
    source TEXT NOT NULL,
    event_type TEXT NOT NULL,
    via TEXT NOT NULL,
    http_status INTEGER NOT NULL,
    reason TEXT NOT NULL,
    body_bytes INTEGER NOT NULL,
    body_sha256 BLOB,
    PRIMARY KEY (refusal_id)
);

CREATE TABLE repeats (
    delivery_id BLOB NOT NULL,
    repeat_id BLOB NOT NULL,
    source TEXT NOT NULL,
    url_type TEXT,
    via TEXT,
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    peer TEXT,
    headers BLOB NOT NULL,
    origin TEXT NOT NULL,
    signature TEXT NOT NULL,
    signature_header TEXT,
    secret_fingerprint TEXT,
    arrived_at_ns BIGINT NOT NULL,
    body_digest BLOB NOT NULL,
    body_bytes INTEGER NOT NULL,
    recorded_at_ns BIGINT NOT NULL,
    PRIMARY KEY (delivery_id, repeat_id)
);

CREATE TABLE webhooks (
    source TEXT NOT NULL,
    event_type TEXT NOT NULL,
    via TEXT NOT NULL,
    passed_at_ns BIGINT,
    last_heard_ns BIGINT,
    last_signature TEXT,
    last_unsigned_ns BIGINT,
    last_ping_ns BIGINT,
    refusals BIGINT DEFAULT '0' NOT NULL,
    refusals_in_row BIGINT DEFAULT '0' NOT NULL,
    last_refused_ns BIGINT,
    last_refusal_status INTEGER,
    last_refusal_reason TEXT,
    PRIMARY KEY (source, event_type, via)
)
 WITHOUT ROWID;

CREATE TRIGGER deliveries_no_update BEFORE UPDATE ON deliveries BEGIN SELECT RAISE(ABORT, 'deliveries is append-only'); END;

CREATE TRIGGER deliveries_no_delete BEFORE DELETE ON deliveries BEGIN SELECT RAISE(ABORT, 'deliveries is append-only'); END;

CREATE TRIGGER repeats_no_update BEFORE UPDATE ON repeats BEGIN SELECT RAISE(ABORT, 'repeats is append-only'); END;

CREATE TRIGGER repeats_no_delete BEFORE DELETE ON repeats BEGIN SELECT RAISE(ABORT, 'repeats is append-only'); END;

CREATE TRIGGER outcomes_no_update BEFORE UPDATE ON outcomes BEGIN SELECT RAISE(ABORT, 'outcomes is append-only'); END;

CREATE TRIGGER outcomes_no_delete BEFORE DELETE ON outcomes BEGIN SELECT RAISE(ABORT, 'outcomes is append-only'); END;

CREATE TRIGGER keys_no_update BEFORE UPDATE ON keys BEGIN SELECT RAISE(ABORT, 'keys is append-only'); END;

CREATE TRIGGER keys_no_delete BEFORE DELETE ON keys BEGIN SELECT RAISE(ABORT, 'keys is append-only'); END;

CREATE TRIGGER quarantined_bytes_no_update BEFORE UPDATE ON quarantined_bytes BEGIN SELECT RAISE(ABORT, 'quarantined_bytes is append-only'); END;

CREATE TRIGGER quarantined_bytes_no_delete BEFORE DELETE ON quarantined_bytes BEGIN SELECT RAISE(ABORT, 'quarantined_bytes is append-only'); END;

CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;

CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events is append-only'); END;

CREATE TRIGGER bodies_no_update BEFORE UPDATE ON bodies WHEN NEW.delivery_id IS NOT OLD.delivery_id OR (NEW.encoding IS OLD.encoding AND NEW.key_id IS OLD.key_id) BEGIN SELECT RAISE(ABORT, 'a body keeps its bytes'); END;

INSERT INTO meta (name, value) VALUES ('format_level', '1');

INSERT INTO meta (name, value) VALUES ('journal_id', '0e8a2b1c-4d5f-4a6b-8c7d-9e0f1a2b3c4d');

INSERT INTO meta (name, value) VALUES ('probe', '0');

INSERT INTO meta (name, value) VALUES ('schema_version', '1');
