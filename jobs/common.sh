# Sourced by the jobs beside this file: arguments, the share of the allocation that a rank gets, how ranks are started,
# staging, and what happens at the time limit.
#
# Options that every job understands are --out (or -o), --resume, --stage and --mpirun; it passes all others to the
# program, and adds --threads and --memory.

job=${SLURM_JOB_NAME:-job}
most_restarts=100

say() { echo "$job: $*" >&2; }

fail() {    # fail EXIT-CODE MESSAGE
    say "${@:2}"
    exit "$1"
}

# read_arguments ARGUMENT...: first what is there to read, then options. Fills $inputs, $options, $out, and $value with
# what is given by those that are not the program's and want a value.
declare -A value=()
valued=(--out)
# shellcheck disable=SC2034  # the jobs read $resume
read_arguments() {
    inputs=() options=() resume='' stage='' mpirun=''
    while [ $# -gt 0 ] && [[ $1 != -* ]]; do
        inputs+=("$1")
        shift
    done
    while [ $# -gt 0 ]; do
        if [ "$1" = -o ]; then set -- --out "${@:2}"; fi
        if [[ " ${valued[*]} " = *" ${1%%=*} "* ]]; then
            if [[ $1 != *=* ]]; then
                [ $# -ge 2 ] || fail 64 "$1 wants a value"
                set -- "$1=$2" "${@:3}"
            fi
            value[${1%%=*}]=${1#*=}
        else
            case $1 in
                --resume) resume=yes ;;
                --stage) stage=yes ;;
                --mpirun) mpirun=yes ;;
                *) options+=("$1") ;;
            esac
        fi
        shift
    done
    out=${value[--out]:-}
    [ -n "$out" ] || fail 64 "--out is missing: where the results are to be"
    # A job that was requeued goes on, whatever it was told at first.
    if [ "${SLURM_RESTART_COUNT:-0}" -gt 0 ]; then resume=yes; fi
}

need_inputs() {
    [ ${#inputs[@]} -gt 0 ] || fail 64 "no ensemble is named; ensembles come first, then options"
    local input
    for input in "${inputs[@]}"; do
        [ -e "$input" ] || fail 66 "no such ensemble: $input"
    done
}

need_no_inputs() { [ ${#inputs[@]} -eq 0 ] || fail 64 "options only, please, not: ${inputs[*]}"; }

has_option() {    # has_option NAME: among those for the program
    [[ " ${options[*]} " = *" $1"[' =']* ]]
}

# The program that was built beside this folder, or else that of the PATH.
find_program() {
    local built
    built=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)/.build/release
    if [ -x "$built/ensemble-kernel-mpi" ]; then PATH=$built:$PATH; fi
    command -v ensemble-kernel-mpi >/dev/null \
        || fail 66 "there is no ensemble-kernel-mpi: swift build -c release --product ensemble-kernel-mpi"
}

# What the allocation gives to one rank: $ranks, $ranks_a_node (the most), $threads, $memory (MB, empty if SLURM says
# none). Nodes without a number of tasks have one each.
share_allocation() {
    threads=${SLURM_CPUS_PER_TASK:-1}
    ranks=$SLURM_JOB_NUM_NODES
    ranks_a_node=1
    if [ -n "${SLURM_NTASKS:-}" ]; then
        ranks=$SLURM_NTASKS
        # Such as 32(x3),7
        ranks_a_node=$(tr ',' '\n' <<<"$SLURM_TASKS_PER_NODE" | sed 's/(.*//' | sort -n | tail -n 1)
    fi
    memory=
    if [ "${SLURM_MEM_PER_NODE:-0}" != 0 ]; then
        memory=$((SLURM_MEM_PER_NODE / ranks_a_node))
    elif [ "${SLURM_MEM_PER_CPU:-0}" != 0 ]; then
        memory=$((SLURM_MEM_PER_CPU * threads))
    fi
}

prepare() {
    find_program
    share_allocation
    if ! has_option --threads; then options+=(--threads "$threads"); fi
    if [ -z "$mpirun" ] && ! srun --mpi=list 2>&1 | grep -qw pmix; then mpirun=yes; fi
    if [ -z "$mpirun" ]; then skip_steps; fi
    # Otherwise mpirun would have all threads of a rank on one core.
    export OMPI_MCA_hwloc_base_binding_policy=none
    # Otherwise ranks of a node may leave MPI_Init before all others are ready for their messages, and rank 0 crashes:
    # if the tree of SLURM (22.05) gets the answer to a fence twice, as happens on a busy machine, it takes the second
    # one for that to the next fence. The ring looks at the number of the fence.
    # Of 500 jobs on two nodes of a busy machine 4 crashed with the tree, and none with the ring.
    export SLURM_PMIX_FENCE=${SLURM_PMIX_FENCE:-ring}
    use_ranks "$ranks"
}

# Of the steps of a node that was lost files remain there, and srun then starts none of the same number. So every start
# of the job has numbers of its own.
steps_a_start=4
skip_steps() {
    local i
    for ((i = 0; i < steps_a_start * ${SLURM_RESTART_COUNT:-0}; i++)); do
        srun --mpi=none --nodes=1 --ntasks=1 true
    done
}

# A quarter remains for libraries, messages under way and pages of mapped files.
limit_memory() {
    if [ -n "$memory" ] && ! has_option --memory; then options+=(--memory "$((memory * 3 / 4))MiB"); fi
}

# use_ranks NUMBER: $launcher starts so many, on as few nodes as hold them, which are $nodes. srun does not take over
# from sbatch how many cores a task has.
use_ranks() {
    nodes=$((($1 + ranks_a_node - 1) / ranks_a_node))
    launcher=(mpirun -n "$1")
    if [ -z "$mpirun" ]; then
        launcher=(srun --mpi=pmix --kill-on-bad-exit=1 --ntasks="$1" --nodes="$nodes-$SLURM_JOB_NUM_NODES"
            --distribution=block --cpus-per-task="$threads")
    fi
}

# SLURM sends SIGUSR1 to this shell some time before the limit: the program then writes a checkpoint, and the job goes
# on in another allocation. SIGTERM means that the job has to end for good, by scancel or at the limit.
child='' stopping='' ending='' signals=0
trap 'stopping=yes; pass_on USR1' USR1
trap 'ending=yes; pass_on TERM' TERM

pass_on() {
    signals=$((signals + 1))
    if [ -n "$child" ]; then kill -s "$1" "$child" 2>/dev/null || true; fi
}

# Runs a command so that signals get through to it, as they would not while this shell waits for it in the foreground.
supervise() {
    local status before
    "$@" &
    child=$!
    # What came when there was no child yet.
    if [ -n "$stopping" ]; then pass_on USR1; fi
    if [ -n "$ending" ]; then pass_on TERM; fi
    # A signal ends the wait, not what is waited for.
    while
        before=$signals
        wait "$child" && status=0 || status=$?
        [ "$signals" != "$before" ]
    do :; done
    child=
    return "$status"
}

# run COMMAND ARGUMENT...: the program on all ranks, to its end or until the job is stopped.
run() {
    if [ -n "$stopping$ending" ]; then stop_here; fi
    local status=0
    say "job $SLURM_JOB_ID on $SLURM_JOB_NODELIST, by ${launcher[*]:0:1}: $*"
    supervise "${launcher[@]}" ensemble-kernel-mpi "$@" || status=$?
    if [ $status = 0 ]; then return; fi
    # 138: the signal came before a rank was ready for it; 143: srun then ended the others.
    case $status$stopping in 75* | 138yes | 143yes) stop_here ;; esac
    if [ -n "$ending" ] || { [ $status = 71 ] && got_further; }; then stop_here; fi
    fail $status "the program ended with exit code $status"
}

# Whether this start of the job has saved anything. The watchdog ends a job (71) that cannot go on: another start may be
# without what hung, but a job that hangs wherever it is must not start again and again.
got_further() {
    [ -n "$(find "$out" -type f ! -name '*partial*' -newermt "$SECONDS seconds ago" -print -quit 2>/dev/null)" ]
}

stop_here() {
    unstage
    if [ -n "$ending" ]; then fail 75 "stopped"; fi
    local restarts=${SLURM_RESTART_COUNT:-0}
    [ "$restarts" -lt $most_restarts ] || fail 75 "stopped, and not requeued after $restarts times"
    # SLURM ends what is left of this job before scontrol hears that it is requeued.
    trap '' TERM
    scontrol requeue "$SLURM_JOB_ID" || fail 75 "stopped, and cannot be requeued"
    say "stopped, and requeued to go on"
    exit 75
}

# Copies the ensembles to the local disk of every node, where asked to, and has $inputs name the copies.
stage_inputs() {
    if [ -z "$stage" ]; then return; fi
    local started=$SECONDS copies=() i
    local staged=${SLURM_TMPDIR:-${TMPDIR:-/tmp}}/ensemble-kernel-$SLURM_JOB_ID
    for i in "${!inputs[@]}"; do
        copies+=("$staged/$i/$(basename "${inputs[i]}")")
    done
    # Beside what else runs there, and not at the expense of its memory.
    local on_every_node=(srun --overlap --mem=0 --mpi=none --kill-on-bad-exit=1 --nodes="$SLURM_JOB_NUM_NODES"
        --ntasks="$SLURM_JOB_NUM_NODES" --ntasks-per-node=1)
    # shellcheck disable=SC2016  # the shells there expand it
    supervise "${on_every_node[@]}" bash -c '
        folder=$1 && shift && mkdir -p "$folder"
        trap "rm -rf \"$folder\"; exit 73" TERM USR1
        needed=$(du -cLB1 "$@" | tail -n 1 | cut -f 1)
        free=$(df --output=avail -B1 "$folder" | tail -n 1)
        if [ "$needed" -gt "$free" ]; then
            echo "$(hostname): $needed bytes are needed in $folder, and $free are free" >&2
            kill -TERM $$
        fi
        i=0
        for input; do
            mkdir -p "$folder/$i" && cp -rL "$input" "$folder/$i/" || kill -TERM $$
            i=$((i + 1))
        done' stage "$staged" "${inputs[@]}" || {
        if [ -n "$stopping$ending" ]; then stop_here; fi
        fail 73 "cannot stage to $staged"
    }
    # Once a job is cancelled it cannot start anything to clean up with. So that is there already, and waits for the
    # SIGTERM that all processes of the job get then, or for SIGUSR2, which srun passes on.
    # shellcheck disable=SC2016  # the shells there expand it
    "${on_every_node[@]}" bash -c 'trap "" USR1; trap "rm -rf \"$1\"; exit 0" TERM USR2; sleep infinity & wait' \
        unstage "$staged" &
    unstager=$!
    trap unstage EXIT
    inputs=("${copies[@]}")
    say "staged to $staged on every node in $((SECONDS - started)) s"
}

unstage() {
    if [ -z "${unstager:-}" ]; then return; fi
    trap - EXIT
    kill -USR2 "$unstager" 2>/dev/null || true
    wait "$unstager" || say "what was staged may not have been removed on every node"
    unstager=
}
