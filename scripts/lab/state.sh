# Sourced: what the lab says, and what it remembers of its processes below $DIR, its state directory.

say() { echo "cluster-lab: $*" >&2; }

fail() {    # fail EXIT-CODE MESSAGE
    say "${@:2}"
    exit "$1"
}

# The state and the time of the start of a process. A pid alone may by now be that of another process.
process() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    # What is in parentheses, the name, may hold anything.
    read -ra stat <<<"${stat##*) }"
    echo "${stat[0]} ${stat[19]}"
}

remember() {    # remember NAME PID
    local state start
    read -r state start < <(process "$2") || return 1
    echo "$2 $start" >"$DIR/pids/$1.new"
    mv "$DIR/pids/$1.new" "$DIR/pids/$1"
}

# As the machine sees it that /proc tells of.
remember_myself() {    # remember_myself NAME
    local pid
    read -r pid _ </proc/self/stat
    remember "$1" "$pid"
}

pid_of() {
    local pid start
    read -r pid start <"$DIR/pids/$1" && echo "$pid"
}

alive() {    # alive NAME
    local pid start state start_now
    [ -f "$DIR/pids/$1" ] && read -r pid start <"$DIR/pids/$1" || return 1
    read -r state start_now < <(process "$pid") || return 1
    [ "$start_now" = "$start" ] && [ "$state" != Z ]
}

gone() { ! alive "$1"; }

stop() {    # stop NAME
    if alive "$1"; then
        kill -KILL "$(pid_of "$1")" 2>/dev/null || true
        await 20 gone "$1" || fail 75 "$1 (process $(pid_of "$1")) does not end"
    fi
}

await() {    # await SECONDS COMMAND...: until the command succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.1
    done
}
