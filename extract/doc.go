// Package extract lands what source systems say in Postgres: raw, in pages, with
// proof of what is covered.
//
// A Source reads one dataset of one connection; the vendors' clients are in the
// packages below this one. Lander plans what is missing, reads it and stores it
// in staging.page; what cannot be stored goes to staging.reject. Each window of
// time, each snapshot and each set of recorded files is a row of ops.window,
// which says whether it was proved complete, and why not. The checkpoint moves
// in the transaction that lands the pages, so a process may die at any moment.
package extract
