# The two commands that a newcomer needs are `make run` and `make test`. Everything else is for daily work.
SHELL := /bin/bash
.DEFAULT_GOAL := help

FRONTEND_SOURCES := $(shell find frontend -type f -not -path '*/node_modules/*' 2>/dev/null)
BUILT := static/build/.built
MODULES := frontend/node_modules/.installed

.PHONY: help run demo test check fmt fuzz bench soak types openapi pages packages test-packages clean

help: ## Say what there is.
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: packages pages ## From a clean clone to a running server with demo data; prints addresses and accounts.
	cargo build --release --bin lianxin
	./target/release/lianxin demo --meetings --traffic

test: packages test-packages pages ## All tests: rules, storage on both databases, the real server, the browser.
	scripts/test.sh

check: packages $(MODULES) ## The fast loop: format, lints, unit tests, types.
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test --workspace --lib --bins
	cd frontend && npm run --silent check && npm run --silent test

fmt: ## Format.
	cargo fmt --all

bench: packages ## The figures, as JSON under bench/results/.
	cargo build --release -p lianxin -p lianxin-bench --bins
	scripts/bench.sh

fuzz: packages test-packages ## Generated requests and bytes for long; SECONDS is the time for each target of bytes.
	cargo build --workspace --bins
	scripts/schemathesis.sh --long
	scripts/fuzz.sh $(or $(SECONDS),600)

soak: packages test-packages ## The crash tests for long.
	scripts/soak.sh

openapi: ## Write docs/openapi.json anew after an endpoint changed, and the types made from it.
	cargo run --quiet --bin lianxin -- openapi > docs/openapi.json
	$(MAKE) types

types: $(MODULES) ## The TypeScript types from docs/openapi.json.
	cd frontend && npm run --silent types

pages: $(BUILT) ## The front end's build.

$(MODULES): frontend/package.json frontend/package-lock.json
	# Not `npm ci`: it insists on packages for other platforms, which a registry may not have.
	cd frontend && npm install --no-save --no-audit --no-fund --loglevel=error
	@touch $@

$(BUILT): $(MODULES) $(FRONTEND_SOURCES)
	cd frontend && npm run --silent build
	@mkdir -p $(@D) && touch $@

packages: ## Install what building needs, when it is missing.
	@scripts/install.sh mold

test-packages:
	@scripts/install.sh postgresql-15 redis-server nginx-light sqlite3 strace faketime zstd chromium fonts-noto-cjk

clean: ## Remove what was built.
	cargo clean
	rm -rf frontend/node_modules static/build
