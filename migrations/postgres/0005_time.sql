-- Time limits with their derivation, versioned rules, and what people are told. Times are milliseconds UTC, JSON is text.

ALTER TABLE tickets ADD COLUMN clock TEXT;
ALTER TABLE tickets ADD COLUMN extension_request TEXT;
ALTER TABLE tickets ADD COLUMN timer_at BIGINT;
UPDATE tickets SET timer_at = due_at WHERE due_at IS NOT NULL AND overdue = 0;

-- Every version of the service levels and the calendar: a due date names those that it follows from.
CREATE TABLE rule_versions (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT rule_versions_pk PRIMARY KEY,
    kind TEXT NOT NULL,
    version BIGINT NOT NULL,
    body TEXT NOT NULL,
    at BIGINT NOT NULL,
    by_account TEXT
);
CREATE INDEX rule_versions_by_kind ON rule_versions (kind, version);

CREATE TABLE notifications (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT notifications_pk PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    urgency TEXT NOT NULL,
    title TEXT NOT NULL,
    text TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX notifications_by_account ON notifications (account_id, at, id);

-- What was read by itself, and until when all was read: reading writes little and never waits for another reading.
CREATE TABLE notification_reads (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT notification_reads_pk PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL,
    read_at BIGINT NOT NULL
);

CREATE TABLE notification_marks (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT notification_marks_pk PRIMARY KEY,
    all_read_until BIGINT NOT NULL,
    read_at BIGINT NOT NULL
);

CREATE TABLE notification_settings (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT notification_settings_pk PRIMARY KEY,
    body TEXT NOT NULL,
    wechat_sealed TEXT,
    updated_at BIGINT NOT NULL
);

CREATE TABLE push_subscriptions (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT push_subscriptions_pk PRIMARY KEY,
    account_id TEXT COLLATE "C" NOT NULL,
    sealed TEXT NOT NULL,
    device TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX push_subscriptions_by_account ON push_subscriptions (account_id);

ALTER TABLE deliveries ADD COLUMN account_id TEXT COLLATE "C";
ALTER TABLE deliveries ADD COLUMN notification_id TEXT COLLATE "C";
ALTER TABLE deliveries ADD COLUMN cost_milli_fen BIGINT;
ALTER TABLE deliveries ADD COLUMN reference TEXT;
CREATE INDEX deliveries_by_account ON deliveries (account_id, channel, done_at);

-- What was sent outside, by month and channel, with what it cost.
CREATE TABLE delivery_counters (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT delivery_counters_pk PRIMARY KEY,
    sent BIGINT NOT NULL,
    given_up BIGINT NOT NULL,
    not_needed BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    cost_milli_fen BIGINT NOT NULL
);

-- A day's beginning: counters and open requests as they stood, so that any later moment is at most a day of events away.
CREATE TABLE board_checkpoints (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT board_checkpoints_pk PRIMARY KEY,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX board_checkpoints_by_time ON board_checkpoints (at);
