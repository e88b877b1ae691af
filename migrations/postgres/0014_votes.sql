-- Votes in meetings. Of a secret vote the database knows who voted and, apart from that, what lies in the urn: no row holds
-- both, and nothing in the urn has a time, an order or a voter.

CREATE TABLE votes (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT votes_pk PRIMARY KEY,
    version BIGINT NOT NULL,
    meeting_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    question TEXT NOT NULL,
    state TEXT NOT NULL,
    round BIGINT NOT NULL,
    opened TEXT,
    closed_at BIGINT,
    publishes BIGINT NOT NULL,
    published_at BIGINT,
    result TEXT,
    CONSTRAINT votes_number_unique UNIQUE (meeting_id, number)
);

-- Who voted; the key is vote, round and member. How, in votes by name alone.
CREATE TABLE vote_voters (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT vote_voters_pk PRIMARY KEY,
    member_id TEXT NOT NULL,
    ballot TEXT
);

-- The urns of secret votes; the key is vote, round and a random number, by which rows are ordered. Emptied by the counting.
CREATE TABLE vote_slips (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT vote_slips_pk PRIMARY KEY,
    slip_sealed TEXT NOT NULL
);

-- The voters' codes that lay in an urn, sorted; the key is vote and round.
CREATE TABLE vote_receipts (
    id TEXT COLLATE "C" NOT NULL CONSTRAINT vote_receipts_pk PRIMARY KEY,
    codes TEXT NOT NULL
);
