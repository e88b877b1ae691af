#!/usr/bin/env bash
# Runs a command with a throw-away PostgreSQL 15 and a throw-away Redis and always stops and deletes them afterwards:
#   scripts/with-services.sh cargo test -p lianxin-storage --test conformance
# The command finds them in LIANXIN_TEST_POSTGRES and LIANXIN_TEST_REDIS. PostgreSQL's durability settings are the defaults (fsync=on), so that what
# is measured or tested here is what a real server does.
set -euo pipefail

readonly VERSION=15
readonly BINARIES=/usr/lib/postgresql/$VERSION/bin

if [[ $# -eq 0 ]]; then
    echo "usage: $0 COMMAND [ARGUMENT…]" >&2
    exit 2
fi

as_root() {
    if [[ $EUID -eq 0 ]]; then "$@"; else sudo -n "$@"; fi
}

if [[ ! -x $BINARIES/postgres ]]; then
    if ! command -v apt-get >/dev/null; then
        echo "with-services: PostgreSQL $VERSION is missing ($BINARIES) and there is no apt-get to install it" >&2
        exit 1
    fi
    echo "with-services: installing Debian's postgresql-$VERSION" >&2
    as_root apt-get update -qq >&2
    # The package would start a cluster of its own on the standard port.
    as_root mkdir -p /etc/postgresql-common
    [[ -e /etc/postgresql-common/createcluster.conf ]] ||
        echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        "postgresql-$VERSION" >&2
fi

if ! command -v redis-server >/dev/null; then
    "$(dirname "$0")/install.sh" redis-server >&2
fi

# PostgreSQL refuses to run as root.
as_server() {
    if [[ $EUID -eq 0 ]]; then runuser -u postgres -- "$@"; else "$@"; fi
}

# Short, because a socket's path may have 107 bytes; and open to the user postgres to pass through.
folder=$(mktemp -d /tmp/lianxin-pg.XXXXXX)
readonly folder data=$folder/data

command_pid=
redis_pid=
remove() {
    local status=$?
    trap - EXIT INT TERM HUP
    if [[ -n $command_pid ]] && kill -0 "$command_pid" 2>/dev/null; then
        kill -TERM "$command_pid" 2>/dev/null || true
        wait "$command_pid" 2>/dev/null || true
    fi
    if [[ -n $redis_pid ]]; then
        kill -KILL "$redis_pid" 2>/dev/null || true
        wait "$redis_pid" 2>/dev/null || true
    fi
    if [[ -s $data/postmaster.pid ]]; then
        as_server "$BINARIES/pg_ctl" --pgdata "$data" --mode immediate --silent --wait stop >&2 || true
    fi
    rm -rf "$folder"
    exit "$status"
}
trap remove EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

if [[ $EUID -eq 0 ]]; then
    chown postgres "$folder"
fi

cd "$folder"
as_server "$BINARIES/initdb" --pgdata "$data" --username postgres --auth trust --encoding UTF8 --locale C.UTF-8 \
    >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }

# Somebody else may take the free port between the look and the start: then look again.
free_port() {
    local port
    while true; do
        port=$((20000 + RANDOM % 20000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
    done
}
started=
for _ in 1 2 3 4 5; do
    port=$(free_port)
    if as_server "$BINARIES/pg_ctl" --pgdata "$data" --silent --wait --log "$folder/data/server.log" \
        --options "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$folder -c max_connections=200 -c track_activity_query_size=16kB" \
        start >/dev/null 2>&1; then
        started=yes
        break
    fi
done
if [[ -z $started ]]; then
    cat "$folder/data/server.log" >&2 || true
    echo "with-services: PostgreSQL does not start" >&2
    exit 1
fi
started=
for _ in 1 2 3 4 5; do
    redis_port=$(free_port)
    redis-server --port "$redis_port" --bind 127.0.0.1 --save '' --appendonly no --dir "$folder" \
        >"$folder/redis.log" 2>&1 &
    redis_pid=$!
    for _ in {1..100}; do
        kill -0 "$redis_pid" 2>/dev/null || break
        # It answers for itself: somebody else's server on that port has another process id.
        if redis-cli -p "$redis_port" info server 2>/dev/null | grep -q "^process_id:$redis_pid"; then
            started=yes
            break 2
        fi
        read -rt 0.05 <> <(:) || true
    done
    kill -KILL "$redis_pid" 2>/dev/null || true
done
if [[ -z $started ]]; then
    cat "$folder/redis.log" >&2 || true
    echo "with-services: Redis does not start" >&2
    exit 1
fi
cd "$OLDPWD"

export LIANXIN_TEST_REDIS="redis://127.0.0.1:$redis_port"
export LIANXIN_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"
echo "with-services: PostgreSQL $VERSION on 127.0.0.1:$port, Redis on 127.0.0.1:$redis_port" >&2

# In the background and waited for, so that a signal ends the command first and the server afterwards.
"$@" <&0 &
command_pid=$!
wait "$command_pid"
