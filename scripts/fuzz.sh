#!/usr/bin/env bash
# Fuzzes what takes bytes from outside, each target for so many seconds, with libFuzzer:
#   scripts/fuzz.sh [SECONDS] [TARGET…]
# Needs the nightly compiler (rustup toolchain install nightly) and cargo-fuzz, which is built into target/tools. What is
# found lies in fuzz/artifacts; what was learned stays in target/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-180}
shift || true
targets=("$@")
[[ ${#targets[@]} -gt 0 ]] || targets=(live_frames codes queries bodies calendars sheets media)

if ! rustup run nightly rustc --version >/dev/null 2>&1; then
    echo "SKIPPED: fuzzing needs the nightly compiler: rustup toolchain install nightly" >&2
    exit 0
fi
readonly VERSION=0.13.2
if ! target/tools/bin/cargo-fuzz --version 2>/dev/null | grep -q " $VERSION\$"; then
    cargo install "cargo-fuzz@$VERSION" --locked --debug --root target/tools
fi

# Without the address sanitizer: our code has no unsafe, and it makes everything several times slower.
fuzz() {
    rustup run nightly target/tools/bin/cargo-fuzz fuzz "$@"
}
fuzz build --sanitizer none --target-dir target/fuzz/build
found=()
for target in "${targets[@]}"; do
    corpus=target/fuzz/corpus/$target
    mkdir -p "$corpus"
    seeds=("fuzz/seeds/$target")
    [[ $target != media ]] || seeds+=(storage/tests/fixtures)
    # A file may be larger, but what breaks a reader is rarely further in.
    largest=4096
    [[ $target != media && $target != sheets ]] || largest=65536
    echo "== $target, $seconds s"
    fuzz run --sanitizer none --target-dir target/fuzz/build "$target" "$corpus" "${seeds[@]}" -- \
        -max_total_time="$seconds" -max_len="$largest" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 ||
        found+=("$target")
done
if ((${#found[@]})); then
    echo "fuzz: found in ${found[*]}; see fuzz/artifacts" >&2
    exit 1
fi
