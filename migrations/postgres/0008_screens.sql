-- Big screens that wait to be paired or are, and when each was last there. Times are milliseconds UTC.

CREATE TABLE screens (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT screens_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    token_hash TEXT COLLATE "C" NOT NULL CONSTRAINT screens_token_unique UNIQUE,
    created_at BIGINT NOT NULL,
    name TEXT NOT NULL,
    -- While it waits; several rows without code do not disturb each other.
    code TEXT COLLATE "C" CONSTRAINT screens_code_unique UNIQUE,
    code_expires_at BIGINT,
    -- Once it is paired.
    target TEXT,
    paired_by TEXT COLLATE "C",
    paired_at BIGINT
);

-- Beside the screens, so that being there never disturbs a decision about one.
CREATE TABLE screen_sightings (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT screen_sightings_pk PRIMARY KEY,
    seen_at BIGINT NOT NULL
);
