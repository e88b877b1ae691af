-- A page of a list of tickets is read along an index in the order of ids, however much is stored.

-- The subtrees of each level but the last, whose grids have nothing below them: a step of a path is four characters.
CREATE INDEX tickets_below_level_1 ON tickets (substr(grid_path, 1, 4), id);
CREATE INDEX tickets_below_level_2 ON tickets (substr(grid_path, 1, 8), id);
CREATE INDEX tickets_below_level_3 ON tickets (substr(grid_path, 1, 12), id);
CREATE INDEX tickets_below_level_4 ON tickets (substr(grid_path, 1, 16), id);
CREATE INDEX tickets_by_handler ON tickets (handler_id, id);
DROP INDEX tickets_handled;
CREATE INDEX tickets_escalated ON tickets (handling_path, id) WHERE handling_path <> grid_path;
