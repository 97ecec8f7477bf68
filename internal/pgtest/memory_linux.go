package pgtest

import (
	"fmt"
	"os"
	"strings"
	"syscall"
)

const (
	// memory is where Linux keeps shared memory as files.
	memory = "/dev/shm"
	// enoughMemory is a multiple of what the tests of all packages have at one time,
	// some 200 MB, and of what the benchmarks have.
	enoughMemory = 8 << 30
)

// memoryFolder is a folder in memory, or empty where there is no room for a server:
// containers often have 64 MB.
func memoryFolder() string {
	var folder syscall.Statfs_t
	if err := syscall.Statfs(memory, &folder); err != nil || folder.Bavail*uint64(folder.Bsize) < enoughMemory {
		return ""
	}
	text, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		var available uint64 // kB
		if n, _ := fmt.Sscanf(line, "MemAvailable: %d kB", &available); n == 1 && available<<10 >= enoughMemory {
			return memory
		}
	}
	return ""
}
