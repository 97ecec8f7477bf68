-- Nothing is landed: query.sql asks the operators themselves.
select 1;
