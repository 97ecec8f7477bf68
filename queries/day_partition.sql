-- name: DayPartitionParents :many
-- DayPartitionParents lists the tables partitioned by range on one timestamptz column.
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
order by
    schema_name,
    table_name;

-- name: DayPartitionMake :one
-- DayPartitionMake makes the missing partitions between two Beijing days and returns how many it made.
select ops.make_day_partitions(format('%I.%I', @schema_name::text, @table_name::text)::regclass, @first_day::date, @last_day::date)::integer as made_count;

-- name: DayPartitionDrop :one
-- DayPartitionDrop drops the partitions before a Beijing day, but none that a newest snapshot stands on, and returns
-- how many it dropped.
select ops.drop_day_partitions(format('%I.%I', @schema_name::text, @table_name::text)::regclass, @before_day::date)::integer as dropped_count;

-- name: DayPartitionListBefore :many
-- DayPartitionListBefore lists the partitions of a table before a Beijing day, which is the end of their name, oldest
-- first.
select
    pg_namespace.nspname::text as schema_name,
    pg_class.relname::text as table_name
from pg_catalog.pg_inherits
inner join pg_catalog.pg_class on pg_class.oid = pg_inherits.inhrelid
inner join pg_catalog.pg_namespace on pg_namespace.oid = pg_class.relnamespace
where
    pg_inherits.inhparent = format('%I.%I', @schema_name::text, @table_name::text)::regclass
    and substring(pg_class.relname::text from '_([0-9]{8})$') < to_char(@before_day::date, 'YYYYMMDD')
order by pg_class.relname;
