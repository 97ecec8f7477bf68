package stockouts

import "math/rand/v2"

// The purposes of random streams.
const (
	purposeBuild uint64 = iota + 1
	purposeRoles
	purposeMutate
	purposeInsert
	purposeCancel
	purposeShip
	purposeShops
)

// stream returns the random numbers of one purpose. Streams of different
// purposes do not disturb each other.
func stream(seed, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, purpose))
}

// mix spreads a number over all 64 bits (the finaliser of splitmix64). Columns
// that nobody compares are derived from it instead of being kept.
func mix(a, b uint64) uint64 {
	z := a + b*0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}
