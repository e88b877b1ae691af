#!/usr/bin/env bash
# All tests, cheapest first; the servers that they need are started and thrown away.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
    printf '\n== %s\n' "$1"
}

step "format and lints"
cargo fmt --all --check
cargo clippy --workspace --all-targets -- -D warnings

step "what comes in from outside"
scripts/audit.sh

step "front end: types, unit tests, sizes"
(cd frontend && npm run --silent check && npm run --silent test)

step "rules, storage on both databases, the real server"
scripts/with-services.sh cargo test --workspace

step "the API under generated requests"
scripts/schemathesis.sh

step "browser"
(cd frontend && npm run --silent test:browser && npm run --silent test:mocked)
