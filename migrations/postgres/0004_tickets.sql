-- Residents' requests and the files that records own.

CREATE TABLE tickets (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT tickets_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    number TEXT COLLATE "C" NOT NULL CONSTRAINT tickets_number_unique UNIQUE,
    grid_id TEXT COLLATE "C" NOT NULL,
    grid_path TEXT COLLATE "C" NOT NULL,
    kind TEXT NOT NULL,
    content TEXT NOT NULL,
    form TEXT NOT NULL,
    attachments TEXT NOT NULL,
    lng DOUBLE PRECISION,
    lat DOUBLE PRECISION,
    accuracy_m DOUBLE PRECISION,
    location_grid_id TEXT,
    on_behalf_sealed TEXT,
    also_village BIGINT NOT NULL,
    emergency BIGINT NOT NULL,
    submitter_id TEXT COLLATE "C" NOT NULL,
    submitter_name TEXT NOT NULL,
    submitted_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    handler_id TEXT COLLATE "C",
    handler_name TEXT,
    accepted_at BIGINT,
    completed_at BIGINT,
    completion_note TEXT,
    completion_attachments TEXT,
    stars BIGINT,
    rating_comment TEXT,
    rated_at BIGINT,
    withdrawn_at BIGINT,
    handling_path TEXT COLLATE "C" NOT NULL,
    return_count BIGINT NOT NULL,
    last_return_reason TEXT,
    reopen_count BIGINT NOT NULL,
    nudges TEXT,
    due_at BIGINT,
    overdue BIGINT NOT NULL
);
CREATE INDEX tickets_by_grid ON tickets (grid_path, id);
CREATE INDEX tickets_by_submitter ON tickets (submitter_id, id);
CREATE INDEX tickets_open ON tickets (grid_path, id) WHERE state IN ('submitted', 'accepted');
CREATE INDEX tickets_handled ON tickets (handler_id, id) WHERE state = 'accepted';

CREATE TABLE attachments (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT attachments_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    uploader_id TEXT COLLATE "C" NOT NULL,
    owner_kind TEXT,
    owner_id TEXT COLLATE "C",
    kind TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    name TEXT,
    width BIGINT,
    height BIGINT,
    duration_ms BIGINT,
    sha256 TEXT NOT NULL,
    object_key TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX attachments_by_owner ON attachments (owner_id);
