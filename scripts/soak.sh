#!/usr/bin/env bash
# The crash tests and the simulation for long: many worlds of a hundred kills each, every one with a seed of its own. A world
# starts small, so the thousandth kill costs what the first one does.
set -euo pipefail
cd "$(dirname "$0")/.."
worlds="${LIANXIN_SOAK_WORLDS:-10}"
first="${LIANXIN_CRASH_SEED:-1}"
export LIANXIN_CRASH_CYCLES="${LIANXIN_CRASH_CYCLES:-100}"
LIANXIN_SIMULATION_SEEDS="${LIANXIN_SIMULATION_SEEDS:-100000}" cargo test -p lianxin-actors --test simulation -- --nocapture
for ((seed = first; seed < first + worlds; seed++)); do
    LIANXIN_CRASH_SEED="$seed" scripts/with-services.sh cargo test --test blackbox crash:: -- --nocapture
    scripts/with-services.sh cargo test --test blackbox -- --nocapture cluster:: complaints:: disk_full:: clock_jumps:: backups::
done
