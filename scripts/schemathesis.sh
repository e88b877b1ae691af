#!/usr/bin/env bash
# Throws generated requests at every operation of docs/openapi.json, as several people, and finds answers that must not
# be: errors of the server, and what contradicts the document.
#   scripts/schemathesis.sh [--long] [FURTHER ARGUMENTS OF SCHEMATHESIS…]
# The server is the real one, with invented data in a folder of its own, which is thrown away. LIANXIN_BINARY names
# another than target/debug/lianxin. Findings, with the requests as curl, stay in target/schemathesis-report.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly VERSION=4.32.5
readonly VENV=target/schemathesis/$VERSION
readonly REPORT=target/schemathesis-report
readonly BINARY=${LIANXIN_BINARY:-target/debug/lianxin}
# Seconds for each of the people; the first has the most rights, and most to reach.
declare -A seconds=([admin]=85 [host]=40 [worker]=40 [member]=25 [nobody]=15)
checks=not_a_server_error,content_type_conformance,response_schema_conformance
seed=2026
if [[ ${1:-} == --long ]]; then
    shift
    seconds=([admin]=900 [host]=450 [worker]=450 [leader_l4]=300 [supervisor]=300 [member]=300 [nobody]=120)
    seed=$RANDOM
fi

if [[ ! -x $VENV/bin/schemathesis ]]; then
    mkdir -p target/schemathesis
    if ! { python3 -m venv "$VENV" && "$VENV/bin/pip" install --quiet "schemathesis==$VERSION"; } >"$VENV.log" 2>&1; then
        echo "SKIPPED: the API is not fuzzed, because schemathesis $VERSION cannot be installed:" >&2
        tail -n 3 "$VENV.log" >&2
        rm -rf "$VENV"
        exit 0
    fi
fi

folder=$(mktemp -d)
server=
remove() {
    if [[ -n $server ]]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Wrong passwords by the thousand must not lock the people out as whom the requests are sent.
export LIANXIN__DATA_DIR=$folder/data LIANXIN_DEMO_PASSWORD=Pruefung-2026 LIANXIN__AUTH__LOCK_AFTER_FAILURES=1000000
export LIANXIN__LOG__LEVEL=warn
mkdir -p "$folder/data" "$REPORT"
mkfifo "$folder/said"
"$BINARY" --config config/test.toml demo --scale small --meetings >"$folder/said" 2>"$REPORT/server.log" &
server=$!
exec 3<"$folder/said"
base=
while read -r line <&3; do
    if [[ $line == 'listening on '* ]]; then
        base=${line#listening on }
        break
    fi
done
if [[ -z $base ]]; then
    echo "schemathesis: the server does not start" >&2
    cat "$REPORT/server.log" >&2
    exit 1
fi

"$VENV/bin/python" scripts/schemathesis/prepare.py "$base" "$folder/data" docs/openapi.json "$folder"
export LIANXIN_FUZZ_FOLDER=$folder LIANXIN_FUZZ_SEEDS=fuzz/seeds/sheets:fuzz/seeds/media:storage/tests/fixtures SCHEMATHESIS_HOOKS=hooks
export PYTHONPATH=scripts/schemathesis PYTHONDONTWRITEBYTECODE=1
failed=()
for role in admin leader_l4 host worker supervisor member nobody; do
    [[ -n ${seconds[$role]:-} ]] || continue
    echo "== as $role, ${seconds[$role]} s, seed $seed"
    token=$("$VENV/bin/python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["tokens"].get(sys.argv[2], ""))' \
        "$folder/known.json" "$role")
    as=()
    [[ -z $token ]] || as=(--header "Authorization: Bearer $token")
    # Signing out would end the session of all that follows; the live channels never end their answer.
    if ! LIANXIN_FUZZ_ROLE=$role "$VENV/bin/schemathesis" run docs/openapi.json --url "$base" "${as[@]}" \
        --checks "$checks" --phases coverage,fuzzing --mode all --seed "$seed" --max-time "${seconds[$role]}" \
        --exclude-path-regex '^/api/v1/(live|live/sse|auth/logout)$' --generation-database none --no-color \
        --warnings off --continue-on-failure --request-timeout 20 --output-sanitize false \
        --report ndjson --report-ndjson-path "$folder/$role.ndjson" "$@" >"$REPORT/$role.txt" 2>&1; then
        failed+=("$role")
        cat "$REPORT/$role.txt"
    fi
    grep -aE 'Test cases:|generated' "$REPORT/$role.txt" || tail -n 5 "$REPORT/$role.txt"
    [[ ! -e $folder/answers-$role.json ]] || cat "$folder/answers-$role.json"
    echo
done

# Requests that were turned away unread prove nothing.
"$VENV/bin/python" - "$folder"/answers-*.json <<'PYTHON' || failed+=(answers)
import json, sys
counts = {}
for path in sys.argv[1:]:
    for status, count in json.load(open(path)).items():
        counts[status] = counts.get(status, 0) + count
total = sum(counts.values())
if counts.get("429", 0) > total / 50 or counts.get("2", 0) + sum(c for s, c in counts.items() if s[0] == "2") < total / 50:
    sys.exit(f"too few requests reached what they were for: {counts}")
PYTHON
if ! kill -0 "$server" 2>/dev/null; then
    echo "schemathesis: the server ended" >&2
    tail -n 20 "$REPORT/server.log" >&2
    exit 1
fi
if ((${#failed[@]})); then
    echo "schemathesis: found as ${failed[*]}; see $REPORT" >&2
    exit 1
fi
