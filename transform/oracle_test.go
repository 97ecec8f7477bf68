package transform_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

const (
	// oracleSeeds is how many worlds a plain test run tries;
	// PANDIAN_ORACLE_SEEDS asks for more.
	oracleSeeds = 500
	// worldsPerBatch share parameters and runs. A seed belongs to the batch
	// seed/worldsPerBatch, so that it always meets the same parameters.
	worldsPerBatch = 20
	// batchesPerDatabase keeps a database from growing, since every run looks
	// at those before it.
	batchesPerDatabase = 25
	rounds             = 3
)

// TestOracle generates small worlds, runs them three times with changes in
// between, and compares each outcome, document and ledger row with an oracle
// that does everything anew by nested loops. PANDIAN_ORACLE_SEED=n runs the
// world of that seed only.
//
// fault 34: property tests.
func TestOracle(t *testing.T) {
	t.Parallel()
	if only := os.Getenv("PANDIAN_ORACLE_SEED"); only != "" {
		seed, err := strconv.ParseUint(only, 10, 64)
		if err != nil {
			t.Fatalf("PANDIAN_ORACLE_SEED: %v", err)
		}
		newBundle(t).wantAgreement(seed/worldsPerBatch, []uint64{seed})
		return
	}
	batches := uint64(seedCount(t)+worldsPerBatch-1) / worldsPerBatch
	for first := uint64(0); first < batches; first += batchesPerDatabase {
		t.Run(fmt.Sprintf("seeds_from_%d", first*worldsPerBatch), func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			for batch := first; batch < min(first+batchesPerDatabase, batches) && !t.Failed(); batch++ {
				var seeds []uint64
				for i := range uint64(worldsPerBatch) {
					seeds = append(seeds, batch*worldsPerBatch+i)
				}
				b.wantAgreement(batch, seeds)
			}
			if first+batchesPerDatabase <= batches {
				b.wantVariety()
			}
		})
	}
}

func seedCount(t *testing.T) int {
	t.Helper()
	asked := os.Getenv("PANDIAN_ORACLE_SEEDS")
	if asked == "" {
		return oracleSeeds
	}
	count, err := strconv.Atoi(asked)
	if err != nil || count < 1 {
		t.Fatalf("PANDIAN_ORACLE_SEEDS is %q: a number of at least 1 is expected", asked)
	}
	return count
}

// generate makes the rounds of the worlds with these seeds. A world comes out
// the same whatever worlds are beside it.
func generate(batch uint64, seeds []uint64) []round {
	random := rand.New(rand.NewPCG(batch, 1))
	made := make([]round, rounds)
	for i := range made {
		made[i] = round{comparison: someComparison(random), snapshotComplete: true, windowComplete: true}
		if i > 0 && random.IntN(3) > 0 {
			made[i].comparison = made[i-1].comparison
		}
		if i < rounds-1 {
			made[i].snapshotComplete = random.IntN(6) > 0
			made[i].windowComplete = random.IntN(8) > 0
		}
	}
	for _, seed := range seeds {
		random := rand.New(rand.NewPCG(seed, 2))
		w := newWorld(seed, random)
		for i := range made {
			if i > 0 {
				w.landing = nil
				w.mutate(random)
			}
			made[i].worlds = append(made[i].worlds, w.clone())
		}
	}
	return made
}

func (b *bundle) wantAgreement(batch uint64, seeds []uint64) {
	b.Helper()
	made := generate(batch, seeds)
	differing := b.play(fmt.Sprintf("batch-%d", batch), made)
	if len(differing) == 0 {
		return
	}
	for i, seed := range seeds {
		if text, ok := differing[i]; ok {
			alone := generate(batch, []uint64{seed})
			tries := 0
			again := func(made []round) string {
				tries++
				return b.play(fmt.Sprintf("seed-%d-%d", seed, tries), made)[0]
			}
			if found := again(alone); found != "" {
				alone, text = shrink(alone, found, again)
			}
			b.Errorf("seed %d: database (+) and oracle (-) differ; PANDIAN_ORACLE_SEED=%d runs it alone\n%s%s",
				seed, seed, describe(alone), text)
			return // the first is enough to read
		}
	}
}

// wantVariety fails when the generated worlds have become too tame to prove
// anything.
func (b *bundle) wantVariety() {
	b.Helper()
	found := map[string]bool{}
	for _, row := range b.table(`
		select 'outcome ' || outcome, count(*) from compare.stock_result group by outcome
		union all select 'several counterparts', count(*) from compare.stock_result where candidate_count > 1 having count(*) > 0
		union all select 'several source rows', count(*) from compare.stock_result where sharing_count > 1 and candidate_count > 0 having count(*) > 0
		union all select 'ignored by a rule', count(*) from compare.stock_result where ignore_reason like 'rule %' having count(*) > 0
		union all select 'ignored by the exception', count(*) from compare.stock_result where ignore_reason not like 'rule %' having count(*) > 0
		union all select 'event ' || event, count(*) from compare.discrepancy_event group by event
		union all select 'kind ' || kind, count(*) from compare.discrepancy group by kind
		union all select 'second revision', count(*) from outbox.head where revision > 1 having count(*) > 0
		union all select 'cleared', count(*) from outbox.document where revision > 1 and payload::json -> 'primaryWriteback' ->> 'currentqty' is null having count(*) > 0
		union all select 'run that could not compare', count(*) from ops.finding where code = 'not_comparable' having count(*) > 0`)[1:] {
		found[row[0]] = true
	}
	for _, what := range []string{
		"outcome equal", "outcome different", "outcome missing_there", "outcome ignored", "outcome not_comparable",
		"several counterparts", "several source rows", "ignored by a rule", "ignored by the exception",
		"event opened", "event changed", "event resolved", "event reopened", "event acknowledged", "kind missing_here",
		"second revision", "cleared", "run that could not compare",
	} {
		if !found[what] {
			b.Errorf("no %s in all these worlds", what)
		}
	}
}

// play runs rounds in an arena of its own until a world differs.
func (b *bundle) play(name string, made []round) map[int]string {
	a := b.newArena(name, len(made[0].worlds))
	for i, r := range made {
		if differing := a.run(r); len(differing) > 0 {
			for world, text := range differing {
				differing[world] = fmt.Sprintf("after round %d:\n%s", i+1, text)
			}
			return differing
		}
	}
	return nil
}
