//go:build !linux

package pgtest

// memoryFolder is empty: there is no folder in memory that is always there.
func memoryFolder() string { return "" }
