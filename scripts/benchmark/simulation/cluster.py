"""A cluster that SimGrid simulates: hosts with so many ranks each, and a switch between them."""

import subprocess
from pathlib import Path

# Rate and latency of a host's link to the switch, and between two ranks of a host.
LINK = {"bytes": 12.5e9, "latency": 2e-6}
MEMORY = {"bytes": 1.5e9, "latency": 1e-6}
REPLAY = Path(__file__).resolve().parents[3] / "Tests" / "MessageReplay" / "main.c"

PLATFORM = """\
<?xml version='1.0'?>
<!DOCTYPE platform SYSTEM "https://simgrid.org/simgrid.dtd">
<platform version="4.1">
  <cluster id="cluster" prefix="host" suffix="" radical="0-{last}" speed="1Gf" core="{cores}"
           bw="{link[bytes]:.0f}Bps" lat="{half}s"
           loopback_bw="{memory[bytes]:.0f}Bps" loopback_lat="{memory[latency]}s"/>
</platform>
"""

# The network without the corrections that SimGrid has for one cluster of 2010; Open MPI's choice of algorithms; no time
# for what the replay itself computes, and one buffer for all ranks.
CONFIGURATION = {
    "smpi/coll-selector": "ompi",
    "smpi/simulate-computation": "no",
    "smpi/bw-factor": "0:1",
    "smpi/lat-factor": "0:1",
    "smpi/auto-shared-malloc-thresh": "65536",
    "smpi/shared-malloc-blocksize": f"{1 << 26}",
    "smpi/tmpdir": "/dev/shm",
    "network/TCP-gamma": "0",
}


def build(folder):
    """Compiles the replay of messages for SimGrid."""
    program = folder / "message-replay"
    subprocess.run(["smpicc", "-O2", "-o", f"{program}", f"{REPLAY}"], check=True)
    return program


def simulate(program, messages, job, folder):
    """The seconds of each phase, on the simulated cluster."""
    hosts = -(-job.ranks // job.ranks_of_host)
    on_host = min(job.ranks, job.ranks_of_host)
    platform, names, calls = (folder / name for name in ("platform.xml", "hosts.txt", "messages.txt"))
    # A message passes two links.
    platform.write_text(
        PLATFORM.format(last=hosts - 1, cores=on_host, link=LINK, half=LINK["latency"] / 2, memory=MEMORY)
    )
    names.write_text("".join(f"host{host}:{on_host}\n" for host in range(hosts)))
    lines = [f"{job.runs_axis} {job.train_axis}", *(" ".join(map(str, message)) for message in messages)]
    calls.write_text("\n".join(lines) + "\n")
    options = [f"--cfg={name}:{value}" for name, value in CONFIGURATION.items()]
    command = ["smpirun", "-np", f"{job.ranks}", "-platform", f"{platform}", "-hostfile", f"{names}", *options]
    # It leaves files where it runs, if it fails.
    output = subprocess.run(
        [*command, f"{program}", f"{calls}"], check=True, stdout=subprocess.PIPE, text=True, cwd=folder
    ).stdout
    return {phase: float(seconds) for phase, seconds in (line.split() for line in output.splitlines())}
