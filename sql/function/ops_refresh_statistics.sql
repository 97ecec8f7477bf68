-- Statistics for tables that a step has just filled. Without them the planner takes a table of a million rows for an
-- empty one, and the next step would read it once per row.
--
-- reads:  nothing
-- writes: nothing
-- rerun:  safe

create or replace function ops.refresh_statistics(table_names text[])
returns integer
language plpgsql
security definer
set search_path = pg_catalog
as $$
declare
    table_oid regclass;
    refreshed integer := 0;
begin
    for table_oid in
        select pg_class.oid::regclass
        from unnest(table_names) as name
        inner join pg_class
            on pg_class.oid = name::regclass
            -- of a partitioned table the partitions, which is where the rows are
            or pg_class.oid in (select pg_partition_tree.relid from pg_partition_tree(name::regclass))
        where
            pg_class.relkind = 'r'
            -- grown by a fifth and by more than 1 MB since they were counted last
            and pg_relation_size(pg_class.oid) / 8192 > greatest(pg_class.relpages, 0) * 1.2 + 128
    loop
        execute format('analyze %s', table_oid);
        refreshed := refreshed + 1;
    end loop;
    return refreshed;
end
$$;
comment on function ops.refresh_statistics(text[]) is 'Analyzes those of the tables, or their partitions, that have grown much since they were analyzed last; returns how many. The runner calls it after each step with the tables that the step writes.';
