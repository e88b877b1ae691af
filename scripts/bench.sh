#!/usr/bin/env bash
# The figures of docs/PERFORMANCE.md: each scenario against a fresh server, results under bench/results/.
set -euo pipefail
cd "$(dirname "$0")/.."
bench=target/release/lianxin-bench
"$bench" lifecycles --rate 1000 --seconds 20
"$bench" lifecycles --rate 1100 --seconds 20
"$bench" lifecycles --rate 1000 --seconds 20 --stored 1000000
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
