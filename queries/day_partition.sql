-- name: DayPartitionParents :many
-- DayPartitionParents lists the tables partitioned by range on one timestamptz column that this account may write.
select
    pg_namespace.nspname::text as schema_name,
    pg_class.relname::text as table_name
from pg_catalog.pg_partitioned_table
inner join pg_catalog.pg_class on pg_class.oid = pg_partitioned_table.partrelid
inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
inner join pg_catalog.pg_attribute
    on
        pg_attribute.attrelid = pg_partitioned_table.partrelid
        and pg_attribute.attnum = pg_partitioned_table.partattrs[0]
where
    pg_partitioned_table.partstrat = 'r'
    and pg_partitioned_table.partnatts = 1
    and pg_attribute.atttypid = 'timestamptz'::regtype
    and has_schema_privilege(pg_namespace.oid, 'usage')
    and has_table_privilege(pg_class.oid, 'insert')
order by
    schema_name,
    table_name;

-- name: DayPartitionMake :one
-- DayPartitionMake makes the missing partitions between two Beijing days and returns how many it made.
select ops.make_day_partitions(format('%I.%I', @schema_name::text, @table_name::text)::regclass, @first_day::date, @last_day::date)::integer as made_count;

-- name: DayPartitionList :many
-- DayPartitionList lists the day partitions of a table, oldest first; day is the Beijing day in its name, as YYYYMMDD.
select
    pg_namespace.nspname::text as schema_name,
    pg_class.relname::text as table_name,
    substring(pg_class.relname::text from '_([0-9]{8})$')::text as day
from pg_catalog.pg_inherits
inner join pg_catalog.pg_class on pg_class.oid = pg_inherits.inhrelid
inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
where
    pg_inherits.inhparent = format('%I.%I', @schema_name::text, @table_name::text)::regclass
    and pg_class.relname::text ~ '_[0-9]{8}$'
order by pg_class.relname;

-- name: DayPartitionsOfSnapshots :many
-- DayPartitionsOfSnapshots lists the Beijing days, as YYYYMMDD, whose pages the newest snapshots still stand on.
select distinct to_char(landed_at at time zone 'Asia/Shanghai', 'YYYYMMDD')::text as day
from staging.snapshot_page
order by day;
