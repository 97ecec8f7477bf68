package load_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"pandian/load"
)

// fault 34: the states of the outbox. Sequences of what mappings, loads, targets and
// people do are drawn by chance and done twice, in the database and in a model that
// was written from docs/outbox.md; after every step both must say the same.
// PANDIAN_MODEL_SEEDS says how many, PANDIAN_MODEL_SEED where to begin.
func TestModel_of_the_outbox(t *testing.T) {
	t.Parallel()
	seeds, first := numberFrom("PANDIAN_MODEL_SEEDS", 40), numberFrom("PANDIAN_MODEL_SEED", 1)
	f := newPendingFixture(t)
	f.sql("function/outbox_contested.sql", "function/outbox_proposal.sql")
	var running sync.WaitGroup
	next := make(chan int64)
	done := map[string]int{}
	var mutex sync.Mutex
	for range 3 {
		running.Go(func() {
			for seed := range next {
				if t.Failed() {
					continue
				}
				run := newModelRun(f, seed)
				run.all()
				mutex.Lock()
				for what, n := range run.done {
					done[what] += n
				}
				mutex.Unlock()
			}
		})
	}
	for seed := range seeds {
		next <- int64(first + seed)
	}
	close(next)
	running.Wait()
	t.Logf("%d sequences: %v", seeds, done)
}

func numberFrom(name string, standard int) int {
	if number, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return number
	}
	return standard
}

// modelRun is one sequence, in an outbox of its own.
type modelRun struct {
	fixture
	*model
	draw   *rand.Rand
	frozen *frozenWorker
	trace  []string
	done   map[string]int
}

// frozenWorker is a drain that hangs in a call.
type frozenWorker struct {
	document *modelDocument
	attempt  int
	outcome  string
	token    int64
	stop     context.CancelFunc
	answer   chan struct{}
	ended    chan struct{}
}

func newModelRun(f fixture, seed int64) *modelRun {
	f.outbox.Connection = fmt.Sprintf("seed-%d", seed)
	erp := &modelERP{seed: seed, accepted: map[string][]int64{}, foreseen: map[string][]int64{}}
	return &modelRun{
		fixture: f, model: &model{late: map[string]bool{}, target: erp},
		draw: rand.New(rand.NewPCG(34, uint64(seed))), done: map[string]int{},
	}
}

// all is a sequence of 20 steps, and then everything is made well.
func (r *modelRun) all() {
	r.step("map", r.mapOnce)
	for range 20 {
		switch n := r.draw.IntN(100); {
		case n < 24:
			r.step("map", r.mapOnce)
		case n < 40:
			r.step("drain", r.drainOnce)
		case n < 46:
			r.step("drain while down", r.drainDown)
		case n < 60:
			r.step("freeze or thaw", r.freezeOrThaw)
		case n < 66:
			r.step("die", r.die)
		case n < 74:
			r.step("leases run out", r.expire)
		case n < 82:
			r.step("time passes", r.pass)
		default:
			r.step("decide", r.operate)
		}
	}
	r.step("all well", r.heal)
	if r.Failed() {
		return
	}
	for _, d := range r.documents {
		if d == r.newest(d.key) && !slices.Contains([]string{"sent", "held", "discarded"}, d.state) {
			r.fail("the newest document of " + d.key + " never arrived")
		}
	}
}

// step does one thing and compares.
func (r *modelRun) step(what string, do func() string) {
	if r.Failed() {
		return
	}
	detail := do()
	r.done[what]++
	r.trace = append(r.trace, what+" "+detail)
	r.compare()
}

func (r *modelRun) fail(message string) {
	r.Helper()
	r.Errorf("%s: %s\nsteps: %q%s", r.outbox.Connection, message, r.trace, r.model)
}

// compare holds the database and the truth of the target to the model.
func (r *modelRun) compare() {
	type seen struct {
		State, By  string
		IsDoubtful bool
	}
	rows, err := r.pool.Query(r.Context(), `
		select document_id, state, coalesce(decided_by, ''), is_doubtful and state not in ('sent', 'superseded')
		from outbox.delivery where connection_code = $1 and pipeline_code = $2`, r.outbox.Connection, r.outbox.Pipeline)
	if err != nil {
		r.fail(err.Error())
		return
	}
	got := map[int64]seen{}
	var id int64
	var one seen
	if _, err := pgx.ForEachRow(rows, []any{&id, &one.State, &one.By, &one.IsDoubtful}, func() error { got[id] = one; return nil }); err != nil {
		r.fail(err.Error())
		return
	}
	for _, d := range r.documents {
		want := seen{State: d.shown(), IsDoubtful: d.doubtful()}
		if d.state == "held" || d.state == "discarded" {
			want.By = d.decidedBy
		}
		if got[d.id] != want {
			r.fail(fmt.Sprintf("document %d: got %+v, want %+v", d.id, got[d.id], want))
			return
		}
	}
	if len(got) != len(r.documents) {
		r.fail(fmt.Sprintf("got %d documents, want %d", len(got), len(r.documents)))
	}
	if _, err := r.comparePending(r.Context(), r.pool); err != nil {
		r.fail(err.Error())
	}
	if n := r.number(`select count(*) from outbox.late_change where connection_code = $1`, r.outbox.Connection); n != len(r.late) {
		r.fail(fmt.Sprintf("got %d late changes, want %v", n, r.late))
	}
	for key, ids := range r.target.accepted {
		if len(ids) > 1 {
			r.fail(fmt.Sprintf("%s arrived more than once: documents %v", key, ids))
		}
		if !slices.Equal(ids, r.target.foreseen[key]) {
			r.fail(fmt.Sprintf("%s: got documents %v at the target, want %v", key, ids, r.target.foreseen[key]))
		}
	}
}

// mapOnce is a run of a mapping over some keys.
func (r *modelRun) mapOnce() string {
	m := r.beginMapping()
	var made []string
	payloads, detail := map[string]string{}, ""
	for n := range 3 {
		if r.draw.IntN(2) == 0 {
			continue
		}
		key, payload := "k"+strconv.Itoa(n), []string{"", "1", "2", "3"}[r.draw.IntN(4)]
		detail += key + "=" + payload + " "
		if payload == "" {
			m.withdraw(key)
		} else {
			m.propose(key, payload)
		}
		if r.propose(key, payload) {
			made, payloads[key] = append(made, key), payload
		}
	}
	if err := m.decide(r.Context()); err != nil {
		r.fail(err.Error())
	}
	m.commit()
	for _, key := range made {
		added := &modelDocument{key: key, payload: payloads[key], revision: 1}
		if old := r.newest(key); old != nil {
			added.revision = old.revision + 1
		}
		err := r.pool.QueryRow(r.Context(), `
			select document_id from outbox.document where connection_code = $1 and business_key = $2 and revision = $3`,
			r.outbox.Connection, key, added.revision).Scan(&added.id)
		if err != nil {
			r.fail(fmt.Sprintf("revision %d of %s was not made: %v", added.revision, key, err))
		}
		r.add(added)
	}
	return detail
}

func (r *modelRun) settings() load.Settings {
	return load.Settings{
		BatchSize: 1 + r.draw.IntN(4), SendSize: 1, Workers: 1, MaxAttempts: modelMaxAttempts,
		BaseBackoff: time.Hour, MaxBackoff: 2 * time.Hour, OrderPatience: time.Millisecond, WorkerName: "model",
	}
}

func (r *modelRun) drainOnce() string {
	counts, err := load.Drain(r.Context(), r.pool, r.outbox, &modelDoor{modelERP: r.target}, r.settings())
	if err != nil {
		r.fail(err.Error())
	}
	r.balanced(counts)
	r.model.drain()
	return ""
}

// drainDown is a load that finds the target down: nothing is burnt.
func (r *modelRun) drainDown() string {
	for _, d := range r.documents {
		if attempt, _ := d.upcoming(); d.isTakable() && attempt-d.forgiven > modelMaxAttempts {
			return "(not, because attempts are used up)"
		}
	}
	settings := r.settings()
	settings.BatchSize = 1 // a claim that comes back has one document, so that a frozen worker has one, too
	counts, err := load.Drain(r.Context(), r.pool, r.outbox, &modelDoor{modelERP: r.target, isDown: true}, settings)
	var unavailable *load.UnavailableError
	if err != nil && !errors.As(err, &unavailable) {
		r.fail(err.Error())
	}
	r.balanced(counts)
	r.sweep()
	for _, d := range r.documents { // which of those that a dead worker left were looked at is no promise
		if d.isParked && d.claim != 0 && !d.isLive && r.number(`
			select count(*) from outbox.retry where document_id = $1 and token is null`, d.id) == 1 {
			d.claim, d.state = 0, "in_doubt"
		}
	}
	return ""
}

// freezeOrThaw lets a worker hang in a call, or the one that hangs go on: then its
// answer counts, unless it lost the document meanwhile.
func (r *modelRun) freezeOrThaw() string {
	if r.frozen != nil {
		return r.thaw()
	}
	settings := r.settings()
	settings.BatchSize = 1
	ctx, stop := context.WithCancel(r.Context())
	door := &modelDoor{modelERP: r.target, inside: make(chan load.Document), answer: make(chan struct{})}
	ended := make(chan struct{})
	before := map[int64]bool{}
	for _, d := range r.documents {
		before[d.id] = d.isTakable()
	}
	go func() {
		defer close(ended)
		counts, _ := load.Drain(ctx, r.pool, r.outbox, door, settings)
		r.balanced(counts)
	}()
	select {
	case <-ended:
		stop()
		r.model.drain()
		return "(nothing was sent)"
	case document := <-door.inside:
		r.freezeAt(document, &frozenWorker{stop: stop, answer: door.answer, ended: ended})
		return fmt.Sprintf("document %d, attempt %d", document.ID, document.Attempt)
	}
}

// freezeAt notes where the worker hangs, and what it did before.
func (r *modelRun) freezeAt(at load.Document, worker *frozenWorker) {
	r.sweep()
	for _, d := range r.documents {
		attempt, wasInDoubt := d.upcoming()
		switch {
		case !d.isTakable():
		case d.id == at.ID:
			if attempt != at.Attempt || wasInDoubt != at.InDoubt {
				r.fail(fmt.Sprintf("got document %d at attempt %d, in doubt %v; want %d, %v", d.id, at.Attempt, at.InDoubt, attempt, wasInDoubt))
			}
			worker.document, worker.attempt = d, attempt
			worker.outcome = r.target.foresee(d.id, attempt, d.key, wasInDoubt)
			d.claim, d.isLive = 1, true
			if d.isParked {
				d.attempt = attempt
			} else {
				d.claimAttempt = attempt
			}
		case r.number(`select count(*) from outbox.result where document_id = $1 and attempt = $2`, d.id, attempt) == 1:
			r.try(d, attempt, wasInDoubt, attempt-d.forgiven > modelMaxAttempts)
		}
	}
	if worker.document == nil {
		r.fail(fmt.Sprintf("document %d is sent, which nobody may take", at.ID))
		return
	}
	worker.token = int64(r.number(`
		select token % 1000000007 from outbox.claim where connection_code = $1 and $2 between first_document_id and last_document_id and lease_until > now()
		union all select token % 1000000007 from outbox.retry where document_id = $2 and token is not null limit 1`, r.outbox.Connection, at.ID))
	r.frozen = worker
}

func (r *modelRun) thaw() string {
	worker := r.frozen
	r.frozen = nil
	isHeld := r.number(`
		select (select count(*) from outbox.claim where connection_code = $1 and token % 1000000007 = $2)
			+ (select count(*) from outbox.retry where connection_code = $1 and token % 1000000007 = $2)`, r.outbox.Connection, worker.token) > 0
	worker.stop()
	close(worker.answer)
	<-worker.ended
	if !isHeld {
		return "(its answer is dropped)"
	}
	r.settle(worker.document, worker.attempt, worker.outcome)
	return worker.outcome
}

// die ends the worker that hangs without another word.
func (r *modelRun) die() string {
	if r.frozen == nil {
		return "(nobody)"
	}
	r.exec(`update outbox.claim set token = 5 where connection_code = $1 and token % 1000000007 = $2`, r.outbox.Connection, r.frozen.token)
	r.exec(`update outbox.retry set token = 5 where connection_code = $1 and token % 1000000007 = $2`, r.outbox.Connection, r.frozen.token)
	return r.thaw()
}

func (r *modelRun) expire() string {
	r.exec(`update outbox.claim set lease_until = now() - interval '1 second' where connection_code = $1`, r.outbox.Connection)
	r.exec(`update outbox.retry set lease_until = now() - interval '1 second' where connection_code = $1 and token is not null`, r.outbox.Connection)
	for _, d := range r.documents {
		d.isLive = false
	}
	return ""
}

// pass makes everything due that waits for its time.
func (r *modelRun) pass() string {
	r.exec(`update outbox.retry set run_at = now() - interval '1 second' where connection_code = $1`, r.outbox.Connection)
	for _, d := range r.documents {
		d.isDue = true
	}
	return ""
}

// operate is a person's decision on the newest document of a key.
func (r *modelRun) operate() string {
	d := r.newest("k" + strconv.Itoa(r.draw.IntN(3)))
	verb := []string{"retry", "hold", "release", "discard"}[r.draw.IntN(4)]
	if r.frozen != nil && r.draw.IntN(4) > 0 { // so that a late answer meets a decision
		r.expire()
		d, verb = r.newest(r.frozen.document.key), []string{"hold", "discard"}[r.draw.IntN(2)]
	}
	if d == nil {
		return "(nothing)"
	}
	r.operateOn(verb, d)
	return fmt.Sprintf("%s document %d", verb, d.id)
}

func (r *modelRun) operateOn(verb string, d *modelDocument) {
	r.next = int64(r.number(`select next_document_id from outbox.cursor where connection_code = $1`, r.outbox.Connection))
	r.fixture.decide(verb, fmt.Sprintf("connection => '%s', ids => '{%d}'", r.outbox.Connection, d.id))
	r.model.decide(verb, d)
}

// heal lets everything come to its end: nothing may be lost.
func (r *modelRun) heal() string {
	if r.frozen != nil {
		r.die()
	}
	r.target.isWell = true
	for range 3 {
		r.expire()
		for _, d := range r.documents {
			if d == r.newest(d.key) && (d.state == "rejected" || d.state == "abandoned") {
				r.operateOn("retry", d)
			}
		}
		r.pass()
		r.drainOnce()
	}
	return ""
}
