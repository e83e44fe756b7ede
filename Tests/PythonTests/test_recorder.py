"""The recorder: files that are whole or not there, whatever happens."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from ensemble_kernel import EnsembleKernelClassifier, EnsembleRecorder, load_runs


def test_what_is_recorded_is_read(tmp_path, ensemble):
    with EnsembleRecorder(tmp_path / "runs") as recorder:
        for seed in (10, 2, 0):
            path = recorder.add(seed, test=ensemble.test[seed], train=ensemble.train[seed])
            assert path == str(tmp_path / f"runs/seed{seed}.npz")
        recorder.save_labels(test=ensemble.y_test, train=ensemble.y_train)
        recorder.save_images(test=np.zeros((len(ensemble.y_test), 4, 4), np.uint8))
        recorder.save_texts(train=["one\ntwo", "three", ""])
        recorder.save_file_names(test=["ü/a b.png"])
        assert recorder.seeds == [0, 2, 10]
    assert (tmp_path / "runs/texts_train.txt").read_text() == "one two\nthree\n\n"
    assert (tmp_path / "runs/files.txt").read_text(encoding="utf-8") == "ü/a b.png\n"
    runs = load_runs(tmp_path / "runs")
    assert (np.asarray(runs.test) == ensemble.test[[0, 2, 10]]).all() and "labels.npy" in runs.reading
    y_train = np.load(tmp_path / "runs/labels_train.npy")
    assert EnsembleKernelClassifier().fit(runs.train, y_train).predict(runs.test).shape == ensemble.y_test.shape


def test_another_start_goes_on(tmp_path, ensemble):
    EnsembleRecorder(tmp_path).add(4, test=ensemble.test[4])
    recorder = EnsembleRecorder(tmp_path)
    assert recorder.seeds == [4]
    recorder.add(7, test=ensemble.test[7])
    assert EnsembleRecorder(tmp_path).seeds == [4, 7]


def test_a_run_is_overwritten_only_if_asked(tmp_path, ensemble):
    recorder = EnsembleRecorder(tmp_path)
    recorder.add(1, test=ensemble.test[0])
    before = (tmp_path / "seed1.npz").read_bytes()
    with pytest.raises(FileExistsError, match=r"seed1\.npz: this run is saved already"):
        recorder.add(1, test=ensemble.test[1])
    assert (tmp_path / "seed1.npz").read_bytes() == before
    EnsembleRecorder(tmp_path, overwrite=True).add(1, test=ensemble.test[1])
    with np.load(tmp_path / "seed1.npz") as saved:
        assert (saved["logits"] == ensemble.test[1]).all()
    assert os.listdir(tmp_path) == ["seed1.npz"]


def test_a_run_that_another_process_saved_first_is_kept(tmp_path, ensemble, monkeypatch):
    recorder = EnsembleRecorder(tmp_path)
    recorder.add(1, test=ensemble.test[0])
    monkeypatch.setattr("os.path.exists", lambda path: False)
    with pytest.raises(FileExistsError):
        recorder.add(1, test=ensemble.test[1])
    with np.load(tmp_path / "seed1.npz") as saved:
        assert (saved["logits"] == ensemble.test[0]).all()
    assert os.listdir(tmp_path) == ["seed1.npz"]


@pytest.mark.parametrize(
    ("logits", "words"),
    [
        (np.full((3, 2), np.nan), "the run has diverged"),
        (np.full((3, 2), np.inf), "the run has diverged"),
        (np.zeros((2, 3, 2)), r"must be of shape \(examples, classes\); got \(2, 3, 2\)"),
        (None, "a run needs logits"),
    ],
)
def test_what_is_no_run_is_refused(tmp_path, logits, words):
    with pytest.raises(ValueError, match=words):
        EnsembleRecorder(tmp_path).add(0, test=logits)
    with pytest.raises(ValueError, match="a seed must be an integer"):
        EnsembleRecorder(tmp_path).add(-1, test=np.zeros((3, 2)))
    assert os.listdir(tmp_path) == []


def test_labels_that_are_missing_are_refused(tmp_path):
    recorder = EnsembleRecorder(tmp_path)
    with pytest.raises(ValueError, match=r"train\[1\] is None: leave out examples without a label"):
        recorder.save_labels(test=[0, 1], train=[0, None])
    assert os.listdir(tmp_path) == []
    recorder.save_labels(train=[0, -1])
    assert np.load(tmp_path / "labels_train.npy").tolist() == [0, -1]


def test_the_folder_stays_the_same_after_a_change_of_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recorder = EnsembleRecorder("-runs")
    monkeypatch.chdir("/")
    recorder.add(3, test=np.zeros((3, 2)))
    assert recorder.folder == str(tmp_path / "-runs") and os.listdir(tmp_path / "-runs") == ["seed3.npz"]


def test_tensors_are_recorded(tmp_path, ensemble):
    torch = pytest.importorskip("torch")
    logits = torch.from_numpy(ensemble.test[0]).bfloat16().requires_grad_()
    EnsembleRecorder(tmp_path).add(0, test=logits)
    with np.load(tmp_path / "seed0.npz") as saved:
        assert (saved["logits"] == logits.detach().float().numpy()).all()


def test_a_process_that_is_killed_leaves_whole_runs(tmp_path):
    code = """
import itertools, sys, numpy
from ensemble_kernel import EnsembleRecorder
with EnsembleRecorder(sys.argv[1]) as recorder:
    for seed in itertools.count(max(recorder.seeds, default=-1) + 1):
        recorder.add(seed, test=numpy.full((20_000, 10), seed, numpy.float32))
"""
    folder = tmp_path / "runs"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    random = np.random.default_rng(0)
    recorded = 0
    for _ in range(6):
        writer = subprocess.Popen([sys.executable, "-c", code, folder], env=environment)
        while len(EnsembleRecorder(folder).seeds) <= recorded:
            time.sleep(0.005)
        time.sleep(random.uniform(0, 0.03))
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        seeds = EnsembleRecorder(folder).seeds
        recorded = len(seeds)
        assert seeds == list(range(recorded))
        for seed in seeds:
            with np.load(folder / f"seed{seed}.npz") as saved:
                assert (saved["logits"] == seed).all() and saved["logits"].shape == (20_000, 10)
    # What was being written is not in the way, and is not read.
    EnsembleRecorder(folder).add(recorded, test=np.zeros((20_000, 10)))
    assert load_runs(folder).test.shape == (recorded + 1, 20_000, 10)


def test_processes_that_save_the_same_do_not_disturb_each_other(tmp_path):
    code = """
import sys, numpy
from ensemble_kernel import EnsembleRecorder
recorder = EnsembleRecorder(sys.argv[1], overwrite=True)
for seed in range(40):
    recorder.save_labels(test=numpy.arange(50))
    recorder.add(seed, test=numpy.full((50, 10), seed))
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    writers = [subprocess.Popen([sys.executable, "-c", code, tmp_path], env=environment) for _ in range(3)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    assert EnsembleRecorder(tmp_path).seeds == list(range(40))
    assert not list(tmp_path.glob(".*.partial"))
