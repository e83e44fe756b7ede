"""The measurements as text."""

from .commands import NAMES
from .comparison import product_rate
from .methods import METHODS, PROGRAM


def text(results):
    """All that was measured, as tables."""
    sections = [_machine(results["machine"])]
    for part, section in SECTIONS.items():
        if part in results:
            sections.append(section(results))
    return "\n\n".join(sections)


def _machine(machine):
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    return (
        f"{machine['processor']}, {machine['cores']} cores, {_bytes(machine['memory_bytes'])}, "
        f"{', '.join(machine['instructions'])}\n{machine['mpi']}; {versions}"
    )


def _bytes(count):
    return f"{count / 2**30:.2f} GiB"


def _methods(results):
    return "\n\n".join(_size(each, results.get("start", {})) for each in results["methods"])


def _size(each, starts):
    methods = each["methods"]
    lines = [
        f"{each['name']}: {each['runs']:,} runs, {each['test']:,} x {each['train']:,} examples, "
        f"{each['classes']} classes, {each['neighbors']} neighbors",
        f"{'':30}{'seconds':>9}{'ratio':>7}{'start-up apart':>16}{'ratio':>7}{'search alone':>14}"
        f"{'peak memory':>13}{'without files':>15}",
    ]
    whole = {name: method["seconds"] for name, method in methods.items() if "error" not in method}
    apart = {
        name: seconds - starts[name]["seconds"] for name, seconds in whole.items() if "seconds" in starts.get(name, {})
    }
    for name, label in each["labels"].items():
        method = methods[name]
        if "error" in method:
            lines.append(_failure(label, method))
            continue
        search = f"{method['search_seconds']:.2f}" if "search_seconds" in method else ""
        lines.append(
            f"{label:30}{_seconds_and_ratio(whole, name, 9)}{_seconds_and_ratio(apart, name, 16)}{search:>14}"
            f"{_bytes(method['resident_bytes']):>13}{_bytes(method['private_bytes']):>15}"
        )
    if PROGRAM in whole:
        lines.append(_phases(methods[PROGRAM]["rounds"][-1]["summary"].get("seconds", {})))
    return "\n".join(
        lines + [_agreement(each["labels"][name], method) for name, method in methods.items() if "agreement" in method]
    )


def _phases(seconds):
    """How this program's time is divided."""
    if not {"product", "total"} <= seconds.keys():
        return "its summary does not say what its phases took"
    phases = ", ".join(f"{name} {value:.2f}" for name, value in seconds.items())
    return f"its phases: {phases}; the product is {100 * seconds['product'] / seconds['total']:.0f} %"


def _seconds_and_ratio(seconds, name, width):
    """The seconds of a method, and how often this program's they are."""
    if name not in seconds:
        return " " * (width + 7)
    ratio = f"{seconds[name] / seconds[PROGRAM]:.2f}" if PROGRAM in seconds else ""
    return f"{seconds[name]:{width}.2f}{ratio:>7}"


def _failure(name, job):
    """The program's own line, where its launcher adds others; else the last, as Python has it."""
    lines = job["error"].splitlines()
    own = [line for line in lines if line.startswith("ensemble-kernel-mpi:")]
    return f"{name:30}failed: {(own or lines[-1:])[0]}"


def _agreement(label, method):
    agreement = method["agreement"]
    verdict = "agrees" if agreement["disagreements"] == 0 else f"differs in {agreement['disagreements']:,} neighbors"
    line = (
        f"{label} {verdict} up to {agreement['tolerance']:g}: {100 * agreement['same_places']:.2f} % of the places "
        f"the same, largest difference {agreement['largest_difference']:.1e}"
    )
    if "error" in agreement:
        line += (
            f"; beside the definition in float64 its error there is {agreement['error']:.1e}, "
            f"that of {METHODS[agreement['with']]} {agreement['reference_error']:.1e}"
        )
    return line


def _start(results):
    seconds = [f"{name} {job['seconds']:.2f} s" for name, job in results["start"].items() if "error" not in job]
    return "start-up, libraries and end alone: " + ", ".join(seconds)


def _jobs(title, part, start=0.0):
    """Jobs of this program. `start` is what its processes take to start and end: no part of the time a run."""
    lines = [
        f"{title}: {part['size']}",
        f"{'':30}{'seconds':>9}{'ratio':>7}{'a run, ms':>11}{'peak memory':>13}{'without files':>15}",
    ]
    base = part["jobs"].get(part.get("base"), {}).get("seconds")
    for name, job in part["jobs"].items():
        if "error" in job:
            lines.append(_failure(name, job))
            continue
        ratio = f"{job['seconds'] / base:.2f}" if base else ""
        runs = job["rounds"][0].get("runs")
        a_run = f"{1_000 * (job['seconds'] - start) / runs:.2f}" if runs else ""
        lines.append(
            f"{name:30}{job['seconds']:9.2f}{ratio:>7}{a_run:>11}{_bytes(job['resident_bytes']):>13}"
            f"{_bytes(job['private_bytes']):>15}"
        )
    return "\n".join(lines)


def _ranks(results):
    return _jobs("ranks x threads of each", results["ranks"])


def _growth(results):
    """Seconds without start-up, measured and planned."""
    lines = []
    for name, series in results["growth"].items():
        lines.append(
            f"{name + ', seconds without start-up':52}{'measured':>9}{'planned':>9}{'peak memory':>13}"
            f"{'without files':>15}"
        )
        for job in series["jobs"]:
            if "error" in job:
                lines.append(_failure(job["size"], job))
                continue
            lines.append(
                f"{job['size']:52}{job['measured']['total']:9.2f}{job['planned']['total']:9.2f}"
                f"{_bytes(job['resident_bytes']):>13}{_bytes(job['private_bytes']):>15}"
            )
    return "\n".join(lines)


def _program_start(results):
    return results.get("start", {}).get(PROGRAM, {}).get("seconds", 0.0)


def _screens(results):
    part = results["screens"]
    if part is None:
        return "screens: this program has no --screen"
    same = {True: "\nall wrote the same bytes", False: "\nTHEY WROTE DIFFERENT BYTES"}.get(part.get("same_bytes"), "")
    return _jobs("screens", part) + same


def _onednn(results):
    rate = results["onednn"]
    if "error" in rate:
        return f"oneDNN: {rate['error']}"
    rows, columns, depth = rate["shape"]
    lines = [
        f"oneDNN int8, ({rows}, {depth}) x ({depth}, {columns}): "
        f"{rate['processes_of_one_thread'] / 1e9:.0f} GOP/s by processes of one thread, "
        f"{rate['one_process'] / 1e9:.0f} by one process"
    ]
    for each in results.get("methods", []):
        product = product_rate(each)
        if product:
            screen = each["methods"][PROGRAM]["rounds"][-1]["summary"]["screen"]
            lines.append(
                f"this program's product phase, {each['name']}, {screen}: {product / 1e9:.0f} GOP/s, "
                f"{100 * product / rate['processes_of_one_thread']:.0f} % of that"
            )
        elif PROGRAM in each["methods"]:
            lines.append(f"this program's product phase, {each['name']}: its summary has no seconds of it")
    return "\n".join(lines)


def _huge(results):
    part = results["huge"]
    limit = part["memory_limit"] or "no limit: this program has no --memory"
    return _jobs(f"many runs, {limit}", part, _program_start(results))


def _commands(results):
    """This program's commands beside the same by others."""
    part = results["commands"]
    starts = part["start"]
    lines = [
        f"commands: {part['size']}",
        f"{'':30}{'this, s':>9}{'other, s':>10}{'ratio':>7}{'start-up apart':>16}{'':>10}{'ratio':>7}"
        f"{'this memory':>13}{'other memory':>14}",
    ]
    for name, both in part["commands"].items():
        this, other = (both[each] for each in NAMES)
        if "error" in this or "error" in other:
            lines += [_failure(name, each) for each in (this, other) if "error" in each]
            continue
        whole = [this["seconds"], other["seconds"]]
        apart = [seconds - starts[each]["seconds"] for each, seconds in zip(NAMES, whole, strict=True)]
        lines.append(
            f"{name:30}{whole[0]:9.2f}{whole[1]:10.2f}{whole[1] / whole[0]:7.2f}{apart[0]:16.2f}{apart[1]:10.2f}"
            f"{apart[1] / apart[0]:7.2f}{_bytes(this['resident_bytes']):>13}{_bytes(other['resident_bytes']):>14}"
        )
    return "\n".join(lines)


SECTIONS = {
    "start": _start,
    "methods": _methods,
    "commands": _commands,
    "ranks": _ranks,
    "growth": _growth,
    "screens": _screens,
    "onednn": _onednn,
    "huge": _huge,
}


def is_good(results):
    """Whether nothing failed, and the method that the others are compared with is right wherever they disagree."""
    jobs = [job for each in results.get("methods", []) for job in each["methods"].values()]
    jobs += results.get("start", {}).values()
    commands = results.get("commands", {"commands": {}})["commands"]
    jobs += [job for both in commands.values() for job in both.values()]
    for part in ("ranks", "screens", "huge"):
        jobs += ((results.get(part) or {}).get("jobs") or {}).values()
    jobs += [job for series in results.get("growth", {}).values() for job in series["jobs"]]
    agreements = [job["agreement"] for job in jobs if "agreement" in job]
    return not any("error" in job for job in jobs) and all(
        each.get("reference_error", 0) < each["tolerance"] for each in agreements
    )
