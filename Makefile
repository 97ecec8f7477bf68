.DEFAULT_GOAL := help
SHELL := /bin/bash

LINT := go tool -modfile=.ci/lint.mod golangci-lint

.PHONY: help
help: ## list the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z\/-]+:.*## / {printf "%-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/pandian
	go build -o bin/pandian ./cmd/pandian

.PHONY: demo
demo: ## compare the stock of two simulated ERPs and stay up
	go run ./cmd/pandian demo

.PHONY: test
test: ## every test, with the race detector
	go test -race -timeout 14m ./...

.PHONY: oracle
oracle: ## 10,000 generated worlds: the SQL comparison against a naive one
	PANDIAN_ORACLE_SEEDS=10000 go test -timeout 2h -run Oracle ./transform

SEEDS ?= 10000

.PHONY: model
model: ## 10,000 drawn sequences (SEEDS): the outbox against a model of its states
	PANDIAN_MODEL_SEEDS=$(SEEDS) go test -count=1 -v -timeout 4h -run TestModel_of_the_outbox ./load

# How many pairs of loads tell the throughput before a disturbance and after it.
PAIRS ?= 25
KILLS ?= 200
SEED ?= $(shell date +%s)

.PHONY: chaos
chaos: ## kill -9 at 200 places drawn by chance (KILLS, SEED), at 5 % faults
	@.ci/chaos TestKillsAtPlacesDrawnByChance PANDIAN_CHAOS_KILLS=$(KILLS) PANDIAN_CHAOS_SEED=$(SEED) PANDIAN_CHAOS_PAIRS=$(PAIRS)

SERVE_SECONDS ?= 300
POSTGRES_SECONDS ?= 60

.PHONY: chaos-serve
chaos-serve: ## two servers on one database, one killed every 10 s for 5 min (SERVE_SECONDS, SEED), at 5 % faults
	@.ci/chaos TestServersThatAreKilledByTurns PANDIAN_CHAOS_SERVE_SECONDS=$(SERVE_SECONDS) PANDIAN_CHAOS_SEED=$(SEED) PANDIAN_CHAOS_PAIRS=$(PAIRS)

.PHONY: chaos-postgres
chaos-postgres: ## connections ended every 5 s for 60 s, crashes and two outages of 30 s (POSTGRES_SECONDS)
	@.ci/chaos '(TestConnectionsThatAreTerminated|TestADatabaseThatRestarts|TestAPromotedStandbySendsNothingTwice)' PANDIAN_CHAOS_SECONDS=$(POSTGRES_SECONDS) PANDIAN_CHAOS_PAIRS=$(PAIRS)

STRIKES ?= 300

.PHONY: chaos-undone
chaos-undone: ## deadlocks and serialization failures by the server, 300 for each pipeline (STRIKES, SEED)
	@.ci/chaos TestTransactionsThatTheServerUndoes PANDIAN_CHAOS_STRIKES=$(STRIKES) PANDIAN_CHAOS_SEED=$(SEED)

FREEZE_SECONDS ?= 180

.PHONY: chaos-freeze
chaos-freeze: ## SIGSTOP of a load and a server in a call for 3 min while others take over (FREEZE_SECONDS)
	@.ci/chaos TestAFrozenProcessCommitsNothingStale PANDIAN_CHAOS_FREEZE_SECONDS=$(FREEZE_SECONDS)

STARTS ?= 1000

.PHONY: chaos-starts
chaos-starts: ## start and stop a scheduler 1,000 times (STARTS)
	PANDIAN_STARTS=$(STARTS) go test -count=1 -timeout 1h -v -run 'TestStartAndStopAgainAndAgain' ./internal/schedule

ROWS ?= 20000000
SECONDS ?= 180

.PHONY: bench-big
bench-big: ## looks, claims and migrations with 20 M documents done (ROWS); old snapshots and analysts for 180 s (SECONDS)
	@.ci/chaos '(TestBigTables|TestAnOldSnapshotIsHeldOpen|TestAnalystsReadBesideTheQueue)' PANDIAN_BIG_ROWS=$(ROWS) PANDIAN_BIG_SECONDS=$(SECONDS)

HOURS ?= 12

.PHONY: soak
soak: ## two servers at the pace of 20 million records a day and 5 % faults for 12 h: nothing may grow (HOURS, as in 0.5 or 40m)
	@.ci/chaos TestSoak PANDIAN_SOAK_TIME=$(HOURS) PANDIAN_CHAOS_SEED=$(SEED)

.PHONY: bench
bench: ## benchmarks, five rounds
	go test -run '^$$' -bench . -benchmem -count 5 ./...

.PHONY: generate
generate: ## generate internal/db from queries/
	go tool sqlc generate

.PHONY: lint
lint: ## go vet, golangci-lint with the import arrows
	go vet ./...
	$(LINT) run ./...

.PHONY: verify
verify: ## what CI checks beside the tests: formatting, generated code, lint
	@test -z "$$(gofmt -l $$(git ls-files '*.go'))" || { gofmt -l $$(git ls-files '*.go'); exit 1; }
	go tool sqlc diff
	$(MAKE) lint

.PHONY: db/reset
db/reset: ## stop the private Postgres and delete its data
	go run ./cmd/pandian migrate reset-private --yes
