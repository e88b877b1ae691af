-- The organisation tree (as far as grids name it) and the grid tree with its staff and counters.

CREATE TABLE organisations (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT organisations_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    path TEXT COLLATE "C" NOT NULL CONSTRAINT organisations_path_unique UNIQUE,
    name TEXT NOT NULL
);

CREATE TABLE grids (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT grids_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    serial BIGINT NOT NULL CONSTRAINT grids_serial_unique UNIQUE,
    code_generation BIGINT NOT NULL,
    path TEXT COLLATE "C" NOT NULL CONSTRAINT grids_path_unique UNIQUE,
    number TEXT NOT NULL CONSTRAINT grids_number_unique UNIQUE,
    name TEXT NOT NULL,
    sort_order BIGINT NOT NULL,
    status TEXT NOT NULL,
    organisation_id TEXT,
    center_lng DOUBLE PRECISION,
    center_lat DOUBLE PRECISION,
    area TEXT
);

CREATE TABLE grid_staff (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT grid_staff_pk PRIMARY KEY,
    grid_id TEXT COLLATE "C" NOT NULL,
    account_id TEXT COLLATE "C" NOT NULL,
    duty TEXT NOT NULL
);
CREATE INDEX grid_staff_by_grid ON grid_staff (grid_id);
CREATE INDEX grid_staff_by_account ON grid_staff (account_id);

CREATE TABLE grid_counters (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT grid_counters_pk PRIMARY KEY,
    submitted BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    completed BIGINT NOT NULL,
    rated BIGINT NOT NULL,
    overdue BIGINT NOT NULL,
    returned BIGINT NOT NULL
);
