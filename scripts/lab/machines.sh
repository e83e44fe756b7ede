# Sourced: machines of the lab. Each is a process with network, name, mounts and processes of its own
# (scripts/lab/machine): when that is killed the kernel ends all that runs on the machine, and nothing of it stays.
# Their network cards hang on a bridge of the first machine, the switch, and nothing leads out of there. The others are
# processes of the switch, which takes leave of them when they end, and takes them along when it is killed.

network=10.77.0
# shellcheck disable=SC2034  # scripts/cluster-lab starts these
machines=(login n1 n2 n3 n4 a b c)

address() {
    case $1 in
        login) echo $network.1 ;;
        n?) echo $network.1"${1#n}" ;;
        a) echo $network.21 ;;
        b) echo $network.22 ;;
        c) echo $network.23 ;;
    esac
}

# Sets what runs something on a machine: into MACHINE; "${into[@]}" COMMAND...
into() { into=(nsenter --target "$(pid_of "$1")" --net --uts --mount --pid --); }

on() {
    into "$1"
    "${into[@]}" "${@:2}"
}

start_machine() {
    local name=$1 parent=()
    mkdir -p "$DIR/disks/$name"
    if [ "$name" != switch ]; then parent=(nsenter --target "$(pid_of switch)" --pid --); fi
    "${parent[@]}" setsid --fork unshare --net --uts --mount --pid --fork "$LAB/machine" "$name" "$DIR" \
        </dev/null >>"$DIR/log/$name.log" 2>&1
    await 20 alive "$name" || broken "$name"
}

start_switch() {
    start_machine switch
    on switch ip link add name lan type bridge
    on switch ip link set dev lan up
}

# A card may be left of a machine that was lost a moment ago; the new one has the same hardware address, since others
# remember that for a while. The process that names a machine's network is known by this number outside only.
plug_in() {
    local name=$1 address hardware
    address=$(address "$name")
    printf -v hardware 02:00:00:00:00:%02x "${address##*.}"
    on switch ip link delete dev "$name" 2>/dev/null || true
    nsenter --target "$(pid_of switch)" --net \
        ip link add name "$name" type veth peer name eth0 address "$hardware" netns "$(pid_of "$name")"
    on switch ip link set dev "$name" master lan up
    on "$name" ip address add "$address/24" dev eth0
    on "$name" ip link set dev eth0 up
}

# Starts what stays in the foreground: start_daemon NAME MACHINE COMMAND...
start_daemon() {
    local name=$1 machine=$2
    rm -f "$DIR/pids/$name"
    into "$machine"
    nsenter --target "$(pid_of switch)" --pid -- setsid --fork "$LAB/daemon" "$name" "$DIR" \
        "${into[@]}" "${@:3}" </dev/null >>"$DIR/log/$name.log" 2>&1
    await 20 test -f "$DIR/pids/$name" || broken "$name"
}

# broken DAEMON: what it said last is why.
broken() {
    say "$1 does not start; the last lines of $1.log:"
    tail -n 10 "$DIR/log/$1.log" | sed 's/^/    /' >&2
    exit 69
}

# await_daemon NAME SECONDS COMMAND...: until the command, which asks it something, succeeds
await_daemon() {
    local end=$((SECONDS + $2))
    until "${@:3}" >/dev/null 2>&1; do
        if gone "$1" || [ $SECONDS -ge $end ]; then broken "$1"; fi
        sleep 0.1
    done
}

# Both ends of a cable, since a filter sees only what leaves a card.
slow_link() {
    local filter=(tbf rate "$2" burst 256kb latency 200ms)
    on switch tc qdisc replace dev "$1" root "${filter[@]}" && on "$1" tc qdisc replace dev eth0 root "${filter[@]}"
}

# The machine is not told, as when a switch further on fails: its card stays up, and packets are lost.
cut_link() { on switch ip link set dev "$1" nomaster; }

mend_link() {
    on switch ip link set dev "$1" master lan
    on switch tc qdisc delete dev "$1" root 2>/dev/null || true
    on "$1" tc qdisc delete dev eth0 root 2>/dev/null || true
}
