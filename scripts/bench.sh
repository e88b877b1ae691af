#!/usr/bin/env bash
# The figures of docs/PERFORMANCE.md: each scenario against a fresh server, results under bench/results/, and in the end
# the table of what was measured beside others. `scripts/bench.sh peers` runs only those.
set -euo pipefail
cd "$(dirname "$0")/.."
bench=target/release/lianxin-bench

# What others use comes from Debian and npm; a peer that cannot be had is named as absent in the results.
peers() {
    scripts/install.sh strace nginx-light libnginx-mod-nchan mosquitto nats-server || echo "without some of Debian's peers" >&2
    local modules=target/bench-peers
    mkdir -p "$modules"
    cp bench/peers/* "$modules"
    (cd "$modules" && npm install --no-audit --no-fund --loglevel=error) || echo "without npm's peers" >&2
    "$bench" broadcast --listeners 1000
    "$bench" recovery --clients 200
    "$bench" durable --writers 128
    "$bench" durable --writers 128 --slower-by 2
    "$bench" crowd --clients 10000
    "$bench" stalled
    "$bench" lists
    "$bench" table
}

alone() {
    "$bench" lifecycles --rate 1000 --seconds 20
    "$bench" lifecycles --rate 800 --seconds 20
    "$bench" lifecycles --rate 1000 --seconds 20 --stored 1000000
    scripts/with-services.sh bash -c "$bench lifecycles --rate 500 --seconds 20 --postgres \$LIANXIN_TEST_POSTGRES"
    "$bench" fanout --listeners 1000 --changes 500 --seconds 20
    "$bench" boards --rate 200 --seconds 10
    "$bench" sign-ins --people 5000 --seconds 10 --burst 2000
    "$bench" sign-ins --people 5000 --seconds 10 --burst 2000 --pages-open
    "$bench" sign-ins --writers 256 --meetings 4 --people 10000
    "$bench" sign-ins --writers 256 --meetings 4 --people 10000 --pages-open
    "$bench" ballots --people 10000 --writers 128 --screens 50
    "$bench" meeting-fanout --listeners 1000 --changes 60
    "$bench" meeting-fanout --listeners 5000 --changes 60
    "$bench" supervision --meetings 500 --people 30 --rate 25 --seconds 50
}

[[ ${1:-all} == peers ]] || alone
peers
