-- Webhooks (事件推送): other systems are told of tickets by a signed POST.

CREATE TABLE webhooks (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT webhooks_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    grid_id TEXT COLLATE "C" NOT NULL,
    grid_path TEXT COLLATE "C" NOT NULL,
    created_by TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    -- JSON.
    kinds TEXT NOT NULL,
    secret_sealed TEXT NOT NULL,
    -- The one before, which signs too until then.
    old_secret_sealed TEXT,
    old_secret_until BIGINT,
    enabled BIGINT NOT NULL,
    -- Why the system itself switched it off.
    stopped TEXT,
    -- Events up to this number are not told.
    since_seq BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX webhooks_by_grid ON webhooks (grid_path, id);

-- How each receiver does; written by whoever sends.
CREATE TABLE webhook_health (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT webhook_health_pk PRIMARY KEY,
    failures BIGINT NOT NULL,
    failing_since BIGINT,
    paused_until BIGINT,
    tried_at BIGINT,
    status BIGINT,
    error TEXT,
    taken_at BIGINT
);

-- One row for each message to each receiver.
CREATE TABLE webhook_deliveries (
    -- The webhook's id, then the event's number.
    id TEXT COLLATE "C" NOT NULL CONSTRAINT webhook_deliveries_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    webhook_id TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    -- What it is about: messages about the same keep their order.
    subject_id TEXT COLLATE "C" NOT NULL,
    seq BIGINT NOT NULL,
    body TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    attempts BIGINT NOT NULL,
    -- Since when it is tried: again from the beginning when somebody asked for it.
    owed_since BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    tried_at BIGINT,
    status BIGINT,
    duration_ms BIGINT,
    error TEXT,
    done_at BIGINT
);
CREATE INDEX webhook_deliveries_owed ON webhook_deliveries (webhook_id, attempts, seq, id) WHERE state = 'owed';
CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (webhook_id, subject_id, seq) WHERE state = 'owed';
CREATE INDEX webhook_deliveries_newest ON webhook_deliveries (webhook_id, created_at, id);
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at, id);

-- Up to which event of the log messages are written.
CREATE TABLE webhook_cursors (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT webhook_cursors_pk PRIMARY KEY,
    seq BIGINT NOT NULL
);
