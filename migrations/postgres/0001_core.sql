-- The log, what hangs on it, and what every module shares. Times are milliseconds UTC, flags 0/1, JSON is text.

CREATE TABLE log_head (
    id BIGINT NOT NULL CONSTRAINT log_head_pk PRIMARY KEY,
    seq BIGINT NOT NULL,
    epoch TEXT NOT NULL
);

CREATE TABLE events (
    seq BIGINT NOT NULL CONSTRAINT events_pk PRIMARY KEY,
    kind TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    by_account TEXT,
    grid_path TEXT COLLATE "C",
    audience TEXT NOT NULL,
    data TEXT NOT NULL,
    request_id TEXT
);
CREATE INDEX events_by_subject ON events (subject_id, seq);

CREATE TABLE idempotency (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT idempotency_pk PRIMARY KEY,
    request_hash TEXT NOT NULL,
    status BIGINT NOT NULL,
    body TEXT NOT NULL,
    seq BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

CREATE TABLE deadlines (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT deadlines_pk PRIMARY KEY,
    kind TEXT NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    due_at BIGINT NOT NULL
);
CREATE INDEX deadlines_by_due ON deadlines (due_at);

CREATE TABLE deliveries (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT deliveries_pk PRIMARY KEY,
    channel TEXT NOT NULL,
    payload TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    last_error TEXT,
    created_at BIGINT NOT NULL,
    done_at BIGINT
);
CREATE INDEX deliveries_owed ON deliveries (next_at) WHERE state = 'owed';

CREATE TABLE audit (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT audit_pk PRIMARY KEY,
    at BIGINT NOT NULL,
    by_account TEXT,
    action TEXT NOT NULL,
    subject_kind TEXT NOT NULL,
    subject_id TEXT COLLATE "C" NOT NULL,
    changes TEXT NOT NULL,
    request_id TEXT
);
CREATE INDEX audit_by_subject ON audit (subject_id, id);
