# Sourced: SLURM on the machines login (munged, slurmctld) and n1 to n4 (a slurmd each).

nodes=(n1 n2 n3 n4)
export SLURM_CONF=$DIR/slurm.conf

configure_slurm() {
    mkdir -p "$DIR"/{munge,slurm/state,slurm/spool}
    head -c 1024 /dev/urandom >"$DIR/munge/key"
    chmod 400 "$DIR/munge/key"
    # A requeued job waits as long as a credential is good, 120 s unless told otherwise; one that lost a node gets
    # KillWait to end, 30 s. Every machine has a local disk of its own, mounted at the same path.
    cat >"$SLURM_CONF" <<END
ClusterName=lab
SlurmctldHost=login($(address login))
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$DIR/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$DIR/slurm/state
SlurmdSpoolDir=$DIR/slurm/spool/%n
TmpFS=$DIR/local
SlurmctldPidFile=$DIR/slurm/slurmctld.pid
SlurmdPidFile=$DIR/slurm/%n.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=1000
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=5,bf_interval=5,sched_min_interval=0
ReturnToService=2
MpiDefault=none
SlurmdTimeout=15
KillWait=10
SlurmctldTimeout=30
SlurmdParameters=config_overrides
$(for node in "${nodes[@]}"; do
        echo "NodeName=$node NodeAddr=$(address "$node") CPUs=2 RealMemory=4000 State=UNKNOWN"
    done)
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
}

start_slurm() {
    configure_slurm
    start_daemon munged login munged --foreground --key-file="$DIR/munge/key" --socket="$DIR/munge/socket" \
        --pid-file="$DIR/munge/pid" --seed-file="$DIR/munge/seed" --log-file=/dev/stderr
    await_daemon munged 20 munge --no-input --socket="$DIR/munge/socket"
    start_daemon slurmctld login slurmctld -D
    await_daemon slurmctld 20 on login scontrol ping
    for node in "${nodes[@]}"; do
        start_slurmd "$node"
    done
    for node in "${nodes[@]}"; do
        await_slurmd "$node"
    done
}

start_slurmd() { start_daemon "slurmd-$1" "$1" slurmd -D -N "$1"; }

await_slurmd() { await_daemon "slurmd-$1" 60 is_idle "$1"; }

is_idle() { [ "$(on login sinfo --noheader --nodes="$1" --format=%T)" = idle ]; }
