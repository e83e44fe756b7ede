"""The jobs as text."""

from statistics import median

from .jobs import PHASES, fastest_compute, mean_of, planned_compute, planned_seconds, share_of_cores, slowest_compute

# A phase that takes less of its job than this is not judged: what plan says of it hardly matters.
WORTH_JUDGING = 0.05
# A rank that ran for this part of its time had a core to itself, but for moments.
OWN_CORE = 0.95


def text(jobs):
    """Tables of all jobs, a section a kind and size, and how far plan was off."""
    sections = [_section(group) for group in groups(jobs)]
    return "\n\n".join([*sections, _errors(jobs), *_what_is_measured(jobs)])


def groups(jobs):
    """The jobs of each kind and of the same examples, in their order."""
    found = {}
    for job in jobs:
        found.setdefault(title(job), []).append(job)
    return list(found.values())


def title(job):
    """What the jobs of a section have in common."""
    size = job["size"]
    runs = f"{size['runs']:,} runs" if job["kind"] == "strong" else "runs in proportion to the ranks"
    return f"{job['kind']} scaling: {runs}, {size['test']:,} x {size['train']:,} examples, {size['classes']} classes"


def _section(jobs):
    lines = [
        title(jobs[0]),
        f"{'':22}{'wall time, s':^22}{'a rank':>6}"
        f"{'compute of a rank, s':^30}{'a rank in MPI, s':^23}{'sent by all, MB':^20}",
        f"{'ranks':>5}{'grid':>8}{'runs':>8} "
        f"{'command':>8}{'job':>7}{'plan':>7}{'ran':>6}"
        f"{'slowest':>10}{'fastest':>9}{'plan':>9}  "
        f"{'moves':>7}{'plan':>7}{'waits':>8} "
        f"{'measured':>10}{'plan':>8}{'calls':>9}",
    ]
    return "\n".join(lines + [_line(job) for job in jobs] + ["", *_phases(jobs)])


def _line(job):
    waiting = mean_of(job, "waiting")
    return (
        f"{job['ranks']:5}{job['grid']:>8}{job['size']['runs']:8,} "
        f"{job['wall_seconds']:8.2f}{job['seconds']['total']:7.2f}{planned_seconds(job):7.2f}"
        f"{100 * share_of_cores(job):4.0f} %"
        f"{slowest_compute(job):10.3f}{fastest_compute(job):9.3f}{planned_compute(job):9.3f}  "
        f"{mean_of(job, 'communication'):7.3f}{job['plan']['communication_seconds']:7.3f}"
        f"{'' if waiting is None else f'{waiting:.3f}':>8} "
        f"{job['bytes'] / 1e6:10,.1f}{job['plan']['bytes_communicated'] / 1e6:8,.1f}{job['calls']:9,}"
    )


def _phases(jobs):
    yield "wall time of the slowest rank by phase, s, and after the colon how often plan's it is:"
    yield f"{'ranks':>5}{'grid':>8}" + "".join(f"{phase:>15}" for phase in PHASES)
    for job in jobs:
        cells = [f"{_three_digits(job['seconds'][phase])}:{_ratio(job, phase)}" for phase in PHASES]
        yield f"{job['ranks']:5}{job['grid']:>8}" + "".join(f"{cell:>15}" for cell in cells)


def _three_digits(seconds):
    return f"{seconds:.{3 if seconds < 10 else 1}f}"


def _ratio(job, phase):
    planned = planned_seconds(job, phase)
    return f"{job['seconds'][phase] / planned:5.2f}" if planned > 0 else "    -"


def errors(jobs):
    """How far plan is off, as fractions of what was measured: a list of all jobs for what ranks compute and send; and
    one of those for the wall time, in total and by phase, whose ranks had a core each nearly all the time."""
    quiet = [job for job in jobs if job["sharing"] == 1 and share_of_cores(job) >= OWN_CORE]
    found = {
        "compute of the slowest rank": [planned_compute(job) / slowest_compute(job) - 1 for job in jobs],
        "bytes sent by all ranks": [
            job["plan"]["bytes_communicated"] / job["bytes"] - 1 for job in jobs if job["bytes"] > 0
        ],
    }
    for phase in ("total", *PHASES):
        found[f"wall time, {phase}"] = [
            planned_seconds(job, phase) / job["seconds"][phase] - 1
            for job in quiet
            if job["seconds"][phase] >= WORTH_JUDGING * job["seconds"]["total"]
        ]
    return {name: values for name, values in found.items() if values}


def _errors(jobs):
    lines = [
        f"how far plan is off (wall time: of jobs whose ranks had a core each {100 * OWN_CORE:.0f} % of the time, and "
        f"of phases that took {100 * WORTH_JUDGING:.0f} % of it):",
        f"{'':30}{'jobs':>5}{'median':>9}{'worst':>8}",
    ]
    for name, values in errors(jobs).items():
        middle, worst = median(map(abs, values)), max(values, key=abs)
        lines.append(f"{name:30}{len(values):5}{100 * middle:7.0f} %{100 * worst:+6.0f} %")
    return "\n".join(lines)


def _what_is_measured(jobs):
    """What the figures mean, where ranks had cores of their own and where not."""
    yield (
        "Compute is processor time outside of MPI: of a rank that shares its core about what it is of one that does\n"
        "not, but for the caches. Moving and waiting are wall time in MPI, means over the ranks. How much of the time\n"
        "a rank ran is that of the rank that ran least; waiting in MPI is running, too."
    )
    if any(job["sharing"] > 1 for job in jobs):
        yield (
            "Where ranks share cores, plan's wall time is multiplied by the ranks of a core, and what a rank waits\n"
            "for is mostly that core: moving and waiting then say nothing of a machine that has one for each. Bytes\n"
            "and calls do."
        )
