-- Several nodes: who does what only one of them may do, and whose secrets this database was made with.

CREATE TABLE leases (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT leases_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    holder TEXT NOT NULL
);

CREATE TABLE installation (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT installation_pk PRIMARY KEY,
    secrets TEXT NOT NULL
);
