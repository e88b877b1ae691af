#!/usr/bin/env bash
# What comes in from outside: licences, sources and forbidden crates of deny.toml, and what is known to be unsafe.
# The lists of what is unsafe are on the network. Without it that part is left out, and said to be; the rest always counts.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VERSION=0.20.2
deny=target/tools/bin/cargo-deny
if [[ $("$deny" --version 2>/dev/null) != "cargo-deny $VERSION" ]]; then
    # Some ninety seconds, once; it is fast enough without optimisation.
    CARGO_PROFILE_DEV_DEBUG=0 cargo install "cargo-deny@$VERSION" --locked --debug --quiet --root target/tools
fi

"$deny" --log-level error check bans licenses sources

if timeout 120 "$deny" --log-level off fetch db >/dev/null 2>&1; then
    "$deny" --log-level error check advisories
else
    echo "NOT CHECKED: known weaknesses of crates, because the list of RustSec cannot be reached" >&2
fi

# Only what browsers get counts. Whether npm's list answers is told apart from what it says.
report=$(cd frontend && timeout 120 npm audit --omit=dev --json 2>/dev/null) || true
node - "$report" <<'NODE'
let report = {}
try {
  report = JSON.parse(process.argv[2])
} catch {
  // No answer at all.
}
const counts = report.metadata?.vulnerabilities
if (!counts) {
  console.error('NOT CHECKED: known weaknesses of npm packages, because the list of npm cannot be reached')
} else if (counts.total > 0) {
  console.error(JSON.stringify(report.vulnerabilities, null, 2))
  process.exit(1)
} else {
  console.log('npm packages ok')
}
NODE
