-- Other systems that report requests with a key of their own (开放接口).

CREATE TABLE integrations (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT integrations_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    grid_id TEXT COLLATE "C" NOT NULL,
    grid_path TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL,
    name TEXT NOT NULL,
    contact_sealed TEXT NOT NULL,
    -- The key is kept nowhere.
    key_hash TEXT COLLATE "C" NOT NULL,
    key_made_at BIGINT NOT NULL,
    enabled BIGINT NOT NULL,
    CONSTRAINT integrations_key_unique UNIQUE (key_hash)
);

-- When a key was last used; beside the row, as it says nothing of the integration itself.
CREATE TABLE integration_uses (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT integration_uses_pk PRIMARY KEY,
    used_at BIGINT NOT NULL
);

-- What everybody may know, by when it became known.
CREATE INDEX tickets_known_by_time ON tickets (known_at, id) WHERE known_text IS NOT NULL;
