-- Two questions that every run asks, answered without going through all runs: which ended since a step last looked
-- (ops.take_input), and how far the vanished rows of a dataset were noted (sql/source/yonsuite_current_stock.sql).

-- +goose Up
create index run_finished_idx on ops.run (finished_at);
create index tally_vanished_idx on ops.tally (subject, value) where name = 'vanished_through_window';

-- +goose Down
drop index ops.tally_vanished_idx;
drop index ops.run_finished_idx;
