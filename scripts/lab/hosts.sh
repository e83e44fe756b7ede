# Sourced: hosts that mpirun reaches by ssh: an sshd on each of the machines a, b and c.

hosts=(a b c)

configure_ssh() {
    mkdir -p "$DIR/ssh"
    local key
    for key in host client; do
        ssh-keygen -q -t ed25519 -N "" -f "$DIR/ssh/$key"
    done
    echo "* $(<"$DIR/ssh/host.pub")" >"$DIR/ssh/known_hosts"
    cat >"$DIR/ssh/sshd_config" <<END
HostKey $DIR/ssh/host
AuthorizedKeysFile $DIR/ssh/client.pub
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
ClientAliveInterval 5
PidFile none
END
    cat >"$DIR/ssh/config" <<END
Host *
    User root
    IdentityFile $DIR/ssh/client
    IdentitiesOnly yes
    UserKnownHostsFile $DIR/ssh/known_hosts
    BatchMode yes
    ConnectTimeout 10
END
    # One slot each: more ranks than that are shared out evenly, and give their core away while they wait.
    printf '%s slots=1\n' "${hosts[@]}" >"$DIR/hostfile"
}

start_hosts() {
    configure_ssh
    for host in "${hosts[@]}"; do
        start_sshd "$host"
    done
    for host in "${hosts[@]}"; do
        await_sshd "$host"
    done
}

start_sshd() { start_daemon "sshd-$1" "$1" "$(command -v sshd)" -D -e -f "$DIR/ssh/sshd_config"; }

await_sshd() { await_daemon "sshd-$1" 20 on a ssh -F "$DIR/ssh/config" "$1" true; }

# What mpirun needs to start ranks on all hosts, and to let them talk over the bridge. Where nothing comes back for 5 s
# it asks three times, every 2 s, and then gives the host up.
use_hosts() {
    export OMPI_MCA_orte_default_hostfile=$DIR/hostfile
    export OMPI_MCA_plm_rsh_agent="$LAB/agent $DIR/ssh/config"
    export OMPI_MCA_pml=ob1
    # shellcheck disable=SC2154  # machines.sh, sourced before this, sets it
    export OMPI_MCA_btl_tcp_if_include=$network.0/24
    export OMPI_MCA_oob_tcp_if_include=$network.0/24
    export OMPI_MCA_oob_tcp_keepalive_time=5
    export OMPI_MCA_oob_tcp_keepalive_intvl=2
    export OMPI_MCA_oob_tcp_keepalive_probes=3
}
