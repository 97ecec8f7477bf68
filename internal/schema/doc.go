// Package schema brings a database to the schema of this program, and tells
// whether program and schema fit together.
//
// # Two kinds of SQL
//
// Migrations run once, in order, through goose. Functions and views can be
// applied again at any time (Replaceable); they follow the migrations, under
// the same lock.
//
// # Where the versions are kept
//
// In pandian.goose_db_version, a table of goose's shape in a schema that holds
// nothing else and is made before the first migration. It is not in public,
// goose's default: since PostgreSQL 15 an account that may create schemas may
// not create tables there, and every other program that uses goose keeps its
// versions there under the same name. It is not in ops, because rolling back
// the first migration drops ops. Everybody may read it, so that an account with
// the rights of one stage passes Gate.
//
// # Who may migrate at the same time
//
// Anybody: Up and Down take one advisory lock of the session and wait for it.
// All their statements go over that one connection, so that the lock cannot be
// lost without the work ending too. They ask for the lock again and again and
// never wait inside Postgres, because a waiting statement holds a snapshot,
// for whose end create index concurrently of the lock's holder would wait.
//
// # What a migration may hold up
//
// A statement that waits for a table's lock makes every later query on that
// table wait behind it. So it waits for Options.LockTimeout only, is rolled
// back with its migration, and is tried again after a pause in which the
// others get through. The default of 2 s is longer than Postgres's
// deadlock_timeout of 1 s, after which an autovacuum gives way to whoever waits
// for it; a shorter wait would lose to every autovacuum. A migration outside a
// transaction (create index concurrently) waits without this limit: it stands
// in nobody's way, and giving up would leave an invalid index.
package schema
