-- What a grid offers its residents (政策信息, 红色服务), and what those who serve it did (服务日记).

CREATE TABLE policies (
    id TEXT NOT NULL CONSTRAINT policies_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    grid_id TEXT NOT NULL,
    grid_path TEXT NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    published_at BIGINT NOT NULL,
    enabled BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX policies_by_grid ON policies (grid_path, published_at, id);
CREATE INDEX policies_by_time ON policies (published_at, id);

CREATE TABLE service_links (
    id TEXT NOT NULL CONSTRAINT service_links_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    grid_id TEXT NOT NULL,
    grid_path TEXT NOT NULL,
    title TEXT NOT NULL,
    address TEXT NOT NULL,
    description TEXT NOT NULL,
    sort_order BIGINT NOT NULL,
    enabled BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX service_links_by_grid ON service_links (grid_path, sort_order, id);

CREATE TABLE service_records (
    id TEXT NOT NULL CONSTRAINT service_records_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    -- What the author's device called it: one record for each.
    client_id TEXT NOT NULL,
    author_id TEXT NOT NULL,
    author_name TEXT NOT NULL,
    grid_id TEXT NOT NULL,
    grid_path TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    happened_at BIGINT NOT NULL,
    content TEXT NOT NULL,
    whom_sealed TEXT,
    -- Fingerprint of the whole name.
    whom_print TEXT,
    place TEXT,
    -- JSON.
    photos TEXT NOT NULL,
    updated_at BIGINT NOT NULL,
    CONSTRAINT service_records_client_unique UNIQUE (author_id, client_id)
);
CREATE INDEX service_records_by_author ON service_records (author_id, happened_at, id);
CREATE INDEX service_records_by_grid ON service_records (grid_path, happened_at, id);
CREATE INDEX service_records_by_time ON service_records (happened_at, id);
