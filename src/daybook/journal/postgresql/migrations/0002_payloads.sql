-- Which shapes the payloads of each event type have, and of which types their values are.

-- Every batch updates rows here: room in the page keeps the updates out of the index.
CREATE TABLE payload_shapes (
    event_type text NOT NULL,
    event_schema text NOT NULL,
    shape text NOT NULL,
    paths text NOT NULL,
    deliveries bigint NOT NULL,
    first_seen_ns bigint NOT NULL,
    last_seen_ns bigint NOT NULL,
    PRIMARY KEY (event_type, event_schema, shape)
) WITH (fillfactor = 50);

CREATE TABLE payload_types (
    event_type text NOT NULL,
    event_schema text NOT NULL,
    path text NOT NULL,
    json_type text NOT NULL,
    first_seen_ns bigint NOT NULL,
    PRIMARY KEY (event_type, event_schema, path, json_type)
);
