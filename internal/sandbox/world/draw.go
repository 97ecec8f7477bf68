package world

import "math/rand/v2"

// stream returns the random numbers of one purpose. Streams of different
// purposes do not disturb each other, so that one more draw in one place does
// not change the rest of the world.
func stream(seed uint64, purpose uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, purpose))
}

// The purposes of random streams.
const (
	purposeBuild uint64 = iota + 1
	purposeShuffle
	purposeSpecial
	purposeMutate
	purposeInsert
	purposeDelete
	purposeMutateCurrent
)

// mix spreads a number over all 64 bits (the finaliser of splitmix64). Columns
// that nobody compares are derived from it instead of being kept.
func mix(a, b uint64) uint64 {
	z := a + b*0x9e3779b97f4a7c15
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}
