"""Arrays of every library and layout, and files, which are passed to the program where they are."""

import json
import os
import pathlib
import pickle
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest
from conftest import CLASSES, RUNS, TEST, TRAIN, run_program
from ensemble_kernel import EnsembleKernelClassifier, InputDataError, InputNotFoundError, Runs, evaluate, load_runs
from ensemble_kernel._arrays import to_floats, to_logits
from ensemble_kernel._maps import files_of


def nearest(train, test, y, **parameters):
    return EnsembleKernelClassifier(**parameters).fit(train, y).kneighbors(test, 9)


@pytest.fixture(scope="module")
def expected(ensemble):
    return nearest(ensemble.train, ensemble.test, ensemble.y_train)


@pytest.fixture
def same(ensemble, expected):
    """Asserts that logits in some form have the same neighbors, at the same distances, as the arrays."""

    def check(train, test, **parameters):
        found = nearest(train, test, ensemble.y_train, **parameters)
        assert (found[1] == expected[1]).all() and (found[0] == expected[0]).all()

    return check


class TestArrays:
    def test_with_examples_first(self, ensemble, same):
        same(ensemble.train.swapaxes(0, 1), ensemble.test.swapaxes(0, 1), samples_first=True)
        examples = [list(part.swapaxes(0, 1)) for part in (ensemble.train, ensemble.test)]
        same(*examples, samples_first=True)

    def test_in_lists(self, ensemble, same):
        same(list(ensemble.train), list(ensemble.test))
        same(ensemble.train.astype(np.float64), [run.astype(np.float64) for run in ensemble.test])

    @pytest.mark.parametrize("kind", ["<f2", ">f4", "<f8", ">f8"])
    def test_of_any_floats(self, ensemble, kind):
        rounded = [part.astype(np.float16) for part in (ensemble.train, ensemble.test)]
        plain = nearest(*rounded, ensemble.y_train)
        found = nearest(*(part.astype(kind) for part in rounded), ensemble.y_train)
        assert (found[1] == plain[1]).all() and (found[0] == plain[0]).all()

    def test_in_strange_order(self, ensemble, same):
        same(np.asfortranarray(ensemble.train), ensemble.test[:, ::-1][:, ::-1])

    def test_leave_nothing_behind(self, ensemble, temporary):
        classifier = EnsembleKernelClassifier().fit(ensemble.train, ensemble.y_train)
        classifier.predict(ensemble.test)
        classifier.label_issues()
        with pytest.raises(InputDataError):
            classifier.predict(np.full_like(ensemble.test, np.nan))
        assert not list(temporary.iterdir())

    def test_on_a_device(self, same, ensemble):
        class Tensor:
            """Behaves as a tensor of PyTorch on a GPU that requires a gradient."""

            def __init__(self, values, is_here=False, has_gradient=True):
                self.values, self.is_here, self.has_gradient = values, is_here, has_gradient
                self.ndim, self.shape = values.ndim, values.shape

            def __array__(self, *_, **__):
                raise TypeError("can't convert cuda:0 device type tensor to numpy")

            def detach(self):
                return Tensor(self.values, self.is_here, has_gradient=False)

            def cpu(self):
                return Tensor(self.values, True, self.has_gradient)

            def numpy(self):
                assert self.is_here and not self.has_gradient
                return self.values

        same(Tensor(ensemble.train), [Tensor(run) for run in ensemble.test])

    def test_of_torch(self, ensemble, same):
        torch = pytest.importorskip("torch")
        train, test = torch.from_numpy(ensemble.train), torch.from_numpy(ensemble.test)
        same(train, test)
        same(train.requires_grad_(), [run.requires_grad_() for run in test])
        labels = torch.from_numpy(ensemble.y_train)
        plain = nearest(train.detach().bfloat16().float().numpy(), test.bfloat16().float().numpy(), ensemble.y_train)
        found = nearest(train.bfloat16(), test.bfloat16(), labels)
        assert (found[1] == plain[1]).all() and (found[0] == plain[0]).all()

    def test_of_torch_that_numpy_does_not_take(self):
        torch = pytest.importorskip("torch")
        values = torch.arange(6.0).reshape(2, 3)
        assert (to_floats(torch._neg_view(values)) == -values.numpy()).all()
        assert (to_floats(torch.complex(values, values).conj().imag) == -values.numpy()).all()
        assert to_logits([[row.clone().requires_grad_() for row in values]] * 4).shape == (4, 2, 3)
        with pytest.raises(ValueError, match="a tensor on the meta device has no values"):
            to_floats(values.to("meta"))
        for sparse in (values.to_sparse(), values.to_sparse_csr()):
            with pytest.raises(TypeError, match=r"Sparse data was passed.*X.to_dense\(\)"):
                to_floats(sparse)

    def test_that_have_only_a_method(self, ensemble, same):
        class Tensor:
            """Behaves as a tensor of TensorFlow."""

            def __init__(self, values):
                self.values, self.ndim, self.shape = values, values.ndim, values.shape

            def numpy(self):
                return self.values

        same(Tensor(ensemble.train), [Tensor(run) for run in ensemble.test])

    def test_that_have_no_values_are_refused(self, ensemble, arrays):
        y = ensemble.y_train
        masked = np.ma.array(ensemble.train, mask=ensemble.train > 100)
        assert to_floats(masked) is not None
        masked[2, 5, 1] = np.ma.masked
        rows = [np.ma.array([1.0, 2.0, 3.0], mask=[False, True, False])] * len(y)
        for logits in (masked, list(masked), list(masked.swapaxes(0, 1)), rows, [rows, rows]):
            with pytest.raises(ValueError, match=r"masked entries, first \[.*\]: array.filled"):
                EnsembleKernelClassifier().fit(logits, y)
        for logits, words in (
            (load_runs(arrays), r"pass \.train to fit, \.test to predict"),
            (str(arrays), r"load_runs\('.*'\) opens files"),
            (ensemble.train.astype("i8").astype("M8[s]"), "logits must be numbers"),
        ):
            with pytest.raises(TypeError, match=words):
                EnsembleKernelClassifier().fit(logits, y)

    def test_of_jax(self, ensemble, same):
        jax = pytest.importorskip("jax")
        train, test = jax.numpy.asarray(ensemble.train), jax.numpy.asarray(ensemble.test)
        same(train, list(test))
        rounded = [np.asarray(part.astype("bfloat16")).astype(np.float32) for part in (train, test)]
        plain = nearest(*rounded, ensemble.y_train)
        found = nearest(train.astype("bfloat16"), test.astype("bfloat16"), ensemble.y_train)
        assert (found[1] == plain[1]).all()

    def test_import_neither_torch_nor_jax_nor_scikit_learn(self, ensemble, arrays):
        code = f"""
import sys, numpy
import ensemble_kernel
assert "numpy" in sys.modules and "ensemble_kernel._runs" not in sys.modules
runs = ensemble_kernel.load_runs({str(arrays)!r})
classifier = ensemble_kernel.EnsembleKernelClassifier(progress=False)
classifier.fit(runs.train, numpy.load({str(arrays / "labels_train.npy")!r})).predict(runs.test)
assert not {{"torch", "jax", "sklearn", "scipy", "pandas", "tqdm"}} & set(sys.modules)
"""
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)


class TestMaps:
    """Memory maps of .npy files."""

    def test_are_not_copied(self, arrays, same):
        train, test = (np.load(arrays / f"{name}.npy", mmap_mode="r") for name in ("logits_train", "logits"))
        assert watch_writes(same, train, test) == []

    def test_for_each_run_are_not_copied(self, ensemble, tmp_path, same):
        for name in ("train", "test"):
            for run, logits in enumerate(getattr(ensemble, name)):
                np.save(tmp_path / f"{name}{run}.npy", logits)
        maps = [
            [np.load(tmp_path / f"{name}{run}.npy", mmap_mode="r") for run in range(RUNS)] for name in ("train", "test")
        ]
        assert watch_writes(same, *maps) == []

    def test_that_are_not_the_whole_file_are_copied(self, tmp_path):
        np.save(tmp_path / "cube.npy", np.arange(27.0).reshape(3, 3, 3))
        cube = np.load(tmp_path / "cube.npy", mmap_mode="r")
        assert files_of([cube, cube[:]]) == [str(tmp_path / "cube.npy")] * 2
        others = [cube[1:], cube[::-1], cube.T, cube.swapaxes(0, 1), cube + 1, cube.view(np.int64), np.array(cube)]
        assert files_of(others) == [None] * len(others)
        changed = np.load(tmp_path / "cube.npy", mmap_mode="c")
        changed[0] = 1
        assert files_of([changed]) == [None]
        raw = np.memmap(tmp_path / "raw.bin", np.float32, "w+", shape=(3, 3, 3))
        assert files_of([raw]) == [None]

    def test_of_a_file_that_was_replaced_are_copied(self, arrays, ensemble, same):
        train = np.load(arrays / "logits_train.npy", mmap_mode="r")
        kept = np.load(arrays / "logits.npy", mmap_mode="r")
        np.save(arrays / "new.npy", ensemble.train[:, ::-1])
        os.replace(arrays / "new.npy", arrays / "logits_train.npy")
        assert files_of([train, kept]) == [None, str(arrays / "logits.npy")]
        same(train, ensemble.test)

    def test_are_copied_where_nobody_knows_what_they_map(self, arrays, monkeypatch):
        train = np.load(arrays / "logits_train.npy", mmap_mode="r")
        assert files_of([train]) == [str(arrays / "logits_train.npy")]
        monkeypatch.setattr("ensemble_kernel._maps._LIST", "/nowhere")
        assert files_of([train]) == [None]

    def test_of_one_file_can_be_both_kinds_of_examples(self, arrays, ensemble, tmp_path):
        expected = nearest(ensemble.train, ensemble.train, ensemble.y_train)[1]
        maps = [np.load(arrays / "logits_train.npy", mmap_mode="r") for _ in range(2)]
        assert (nearest(maps[0], maps[0], ensemble.y_train)[1] == expected).all()
        assert (nearest(*maps, ensemble.y_train)[1] == expected).all()
        runs = load_runs(arrays)
        assert (nearest(runs.train, runs.train, ensemble.y_train)[1] == expected).all()
        for run, logits in enumerate(ensemble.train):
            np.save(tmp_path / f"{run}.npy", logits)
        listed = [np.load(tmp_path / f"{run}.npy", mmap_mode="r") for run in range(RUNS)]
        assert (nearest(listed, listed, ensemble.y_train)[1] == expected).all()

    def test_with_changes_are_read_with_them(self, arrays, ensemble):
        train = np.load(arrays / "logits_train.npy", mmap_mode="r+")
        train[:, 0] = ensemble.test[:, 0]
        classifier = EnsembleKernelClassifier().fit(train, ensemble.y_train)
        assert classifier.kneighbors(ensemble.test[:, :1], 1)[1] == [[0]]


def watch_writes(same, train, test):
    """The logits that are written for a classifier."""
    from ensemble_kernel._arrays import Logits

    written = []
    original = Logits.write

    def write(logits, path, copies=1):
        written.append(path)
        original(logits, path, copies)

    Logits.write = write
    try:
        same(train, test)
    finally:
        Logits.write = original
    return written


def test_many_files_do_not_need_as_many_descriptors(tmp_path):
    code = """
import resource, sys, numpy
from ensemble_kernel import EnsembleKernelClassifier, load_runs
from ensemble_kernel._maps import files_of
folder, count = sys.argv[1], 150
random = numpy.random.default_rng(0)
for run in range(count):
    logits = random.normal(size=(200, 3))
    numpy.save(f"{folder}/{run}.npy", logits)
    numpy.savez(f"{folder}/seed{run}.npz", logits_train=logits)
resource.setrlimit(resource.RLIMIT_NOFILE, (count + 100, count + 100))
maps = [numpy.load(f"{folder}/{run}.npy", mmap_mode="r") for run in range(count)]
assert None not in files_of(maps)
y = numpy.arange(200) % 3
expected = EnsembleKernelClassifier(progress=False).fit(maps, y).kneighbors(n_neighbors=3)[1]
del maps
resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))
runs = load_runs(f"{folder}/seed*.npz")
values = list(runs.train)
assert numpy.array_equal(values, runs.train[:]) and numpy.array_equal(values, numpy.asarray(runs.train))
found = EnsembleKernelClassifier(progress=False).fit(runs.train, y).kneighbors(values, n_neighbors=4)[1]
assert (found[:, 1:] == expected).all()
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code, tmp_path], env=environment, check=True)


class TestRuns:
    def test_are_read_where_they_are(self, folder, ensemble, same, commands):
        runs = load_runs(f"{folder}/seed*.npz", test="test", train="train")
        assert runs.test.shape == (RUNS, TEST, CLASSES) and runs.train.shape == (RUNS, TRAIN, CLASSES)
        assert watch_writes(same, runs.train, runs.test) == []
        assert str(folder) in commands[-1]

    def test_are_arrays(self, folder, ensemble):
        runs = load_runs(f"{folder}/seed*.npz", test="test", train="train")
        assert (np.asarray(runs.test) == ensemble.test).all()
        assert runs.test.dtype == np.float32 and runs.test.ndim == 3 and len(runs.test) == RUNS
        # In natural order.
        for index in (3, -1, slice(2, 20, 5), [1, 11], (4, slice(3)), (slice(None), 7), (slice(9, 9), 1), ..., None):
            assert np.array_equal(runs.test[index], ensemble.test[index])
        assert all((a == b).all() for a, b in zip(runs.train, ensemble.train, strict=True))
        with pytest.raises(IndexError):
            runs.test[RUNS]

    def test_mix_with_arrays(self, folder, ensemble, same):
        runs = load_runs(f"{folder}/seed*.npz", test="test", train="train")
        same(runs.train, ensemble.test)
        same(ensemble.train, runs.test)
        same(runs.train, list(runs.test))

    def test_swap_their_roles(self, folder, ensemble):
        runs = load_runs(folder, test="test", train="train")
        found = nearest(runs.test, runs.train, ensemble.y_test)
        expected = nearest(ensemble.test, ensemble.train, ensemble.y_test)
        assert (found[1] == expected[1]).all()

    def test_of_which_some_are_used(self, folder, ensemble):
        runs = load_runs(folder, test="test", train="train", runs=20, leave_out=[3, 5])
        kept = [run for run in range(20) if run not in (3, 5)]
        assert (np.asarray(runs.test) == ensemble.test[kept]).all()
        found = nearest(runs.train, runs.test, ensemble.y_train)
        expected = nearest(ensemble.train[kept], ensemble.test[kept], ensemble.y_train)
        assert (found[1] == expected[1]).all() and (found[0] == expected[0]).all()
        with pytest.raises(ValueError, match="run 24: there are 24"):
            load_runs(folder, test="test", train="train", leave_out=[24])

    @pytest.mark.parametrize(
        ("parameters", "kept"),
        [
            ({"runs": np.int64(3)}, [0, 1, 2]),
            # As an option of the program, a number alone is how many.
            ({"runs": [3]}, [3]),
            ({"runs": np.array([1, 2, 9])}, [1, 2, 9]),
            ({"runs": range(2, 8, 3)}, [2, 5]),
            ({"runs": 5, "leave_out": np.array([1, 2])}, [0, 3, 4]),
            ({"runs": 3, "leave_out": 1}, [0, 2]),
        ],
    )
    def test_of_which_some_are_used_by_any_integers(self, arrays, ensemble, parameters, kept):
        runs = load_runs(arrays, **parameters)
        assert np.array_equal(runs.test, ensemble.test[kept])
        y = [1] * len(ensemble.y_train)
        if len(kept) > 1:
            assert (
                nearest(runs.train, runs.test, y)[1] == nearest(ensemble.train[kept], ensemble.test[kept], y)[1]
            ).all()
        else:
            assert evaluate(runs, kernel=False, progress=False).to_frame()["runs"].tolist() == [1, 1]

    @pytest.mark.parametrize(
        ("parameters", "words"),
        [
            *(({"runs": value}, "runs must be an integer of at least 1") for value in (0, True, "3", 2.5)),
            *(({"leave_out": value}, "leave_out must be a list of integers") for value in (True, "3", [2.5], -1)),
            ({"leave_out": range(RUNS)}, "leave_out leaves no runs"),
            ({"runs": [3, 3]}, "runs has a number twice"),
            ({"inputs": "odds"}, "inputs must be one of 'logits'"),
        ],
    )
    def test_are_chosen_by_integers_alone(self, arrays, parameters, words):
        with pytest.raises(ValueError, match=words):
            load_runs(arrays, **parameters)

    def test_are_found_after_a_change_of_the_working_folder(self, folder, ensemble, same, monkeypatch):
        monkeypatch.chdir(folder.parent)
        folder.rename("-runs")
        for paths in ("-runs", "-runs/seed*.npz", [f"-runs/seed{run}.npz" for run in range(RUNS)], b"-runs"):
            monkeypatch.chdir(folder.parent)
            runs = load_runs(paths, test="test", train="train")
            found = (
                evaluate(runs, ensemble.y_test, against="-runs/seed1*.npz", kernel=False) if paths == "-runs" else {}
            )
            monkeypatch.chdir("/")
            assert np.array_equal(runs.test, ensemble.test)
            same(runs.train, runs.test)
            assert paths != "-runs" or "against" in found

    def test_with_labels_beside_them_have_suspects_by_others(self, folder, ensemble):
        runs = load_runs(folder, test="test", train="train")
        y = ensemble.y_train.copy()
        y[:5] = (y[:5] + 2) % CLASSES
        found = EnsembleKernelClassifier().fit(runs.train, y).label_issues()
        expected = EnsembleKernelClassifier().fit(ensemble.train, y).label_issues()
        assert (found["example"] == expected["example"]).all() and len(found["example"]) > 3

    @pytest.mark.parametrize("kind", ["npy", "npz", "compressed", "safetensors"])
    def test_in_one_file(self, tmp_path, ensemble, same, kind):
        arrays = {"logits": ensemble.test, "logits_train": ensemble.train}
        path = tmp_path / "ensemble"
        path.mkdir()
        if kind == "npy":
            for name, array in arrays.items():
                np.save(path / f"{name}.npy", array)
        elif kind == "safetensors":
            write_safetensors(path / "log.safetensors", arrays)
        else:
            (np.savez if kind == "npz" else np.savez_compressed)(path / "log.npz", **arrays)
        runs = load_runs(path)
        assert (np.asarray(runs.test) == ensemble.test).all() and (runs.train[5] == ensemble.train[5]).all()
        same(runs.train, runs.test)
        same(runs.train, ensemble.test)

    @pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
    def test_of_torch(self, tmp_path, ensemble, kind):
        torch = pytest.importorskip("torch")
        kept = []
        for run in range(RUNS):
            # Not contiguous, and a part of a larger storage.
            test = torch.from_numpy(ensemble.test[run]).to(getattr(torch, kind)).T.contiguous().T[1:]
            train = torch.nn.Parameter(torch.from_numpy(ensemble.train[run]).to(getattr(torch, kind)))
            torch.save({"epoch": 3, "out": {"test": test, "train": train}}, tmp_path / f"seed{run}.pt")
            kept.append(test.float().numpy())
        runs = load_runs(f"{tmp_path}/seed*.pt", test="out.test", train="out.train")
        assert runs.test.dtype == (np.float16 if kind == "float16" else np.float32)
        assert (np.asarray(runs.test).astype(np.float32) == np.stack(kept)).all()
        found = nearest(runs.train, runs.test, ensemble.y_train)
        expected = nearest(np.asarray(runs.train), np.stack(kept), ensemble.y_train)
        assert (found[1] == expected[1]).all() and (found[0] == expected[0]).all()

    def test_of_torch_as_the_examples_write_them(self, tmp_path, ensemble, same):
        script = pathlib.Path(__file__).resolve().parents[2] / "scripts/examples"
        code = {"__name__": "examples", "__file__": str(script)}
        exec(compile(script.read_text(), script, "exec"), code)
        for run in range(RUNS):
            parts = {"logits": ensemble.test[run], "logits_train": ensemble.train[run]}
            code["save_as_pytorch"](parts, tmp_path / f"seed{run}.pt")
        runs = load_runs(tmp_path)
        assert (np.asarray(runs.train) == ensemble.train).all()
        same(runs.train, ensemble.test)

    def test_need_no_more_memory_than_a_run(self, tmp_path):
        shape = (40, 5000, 10)
        np.save(tmp_path / "logits.npy", np.zeros((1, 1, 1)))
        out = np.lib.format.open_memmap(tmp_path / "logits_train.npy", "w+", np.float32, shape)
        out[:] = np.random.default_rng(0).normal(size=shape)
        out.flush()
        os.unlink(tmp_path / "logits.npy")
        size = 4 * np.prod(shape)
        tracemalloc.start()
        runs = load_runs(tmp_path)
        assert runs.train[7].shape == shape[1:] and isinstance(runs.train._array(0).mapped, np.memmap)
        # Copied a run at a time.
        runs.train.write(str(tmp_path / "copy.npy"))
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert most < size / 5
        assert (np.load(tmp_path / "copy.npy", mmap_mode="r")[7] == runs.train[7]).all()

    def test_without_one_kind(self, arrays):
        os.unlink(arrays / "logits.npy")
        runs = load_runs(arrays)
        assert runs.test is None and runs.train.shape == (RUNS, TRAIN, CLASSES)
        with pytest.raises(ValueError, match="needs logits of test or training examples"):
            Runs()

    def test_in_pickles_are_left_to_the_program(self, tmp_path, ensemble, same):
        with open(tmp_path / "log.pkl", "wb") as file:
            pickle.dump({"logits": ensemble.test, "logits_train": ensemble.train}, file)
        runs = load_runs(tmp_path / "log.pkl")
        same(runs.train, runs.test)
        with pytest.raises(InputDataError, match="Python cannot map arrays in this file; the program reads it"):
            np.asarray(runs.test)

    def test_of_probabilities(self, tmp_path, ensemble, same):
        for name, logits in (("logits", ensemble.test), ("logits_train", ensemble.train)):
            shares = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
            np.save(tmp_path / f"{name}.npy", shares / shares.sum(-1, keepdims=True))
        runs = load_runs(tmp_path, inputs="probabilities")
        found = nearest(runs.train, runs.test, ensemble.y_train)
        assert (found[1] == nearest(ensemble.train, ensemble.test, ensemble.y_train)[1]).all()
        with pytest.raises(ValueError, match="probabilities cannot be combined with other arrays"):
            nearest(runs.train, ensemble.test, ensemble.y_train)

    def test_that_are_not_there(self, tmp_path):
        with pytest.raises(InputNotFoundError, match=r"seed\*\.pt: no such files"):
            load_runs(f"{tmp_path}/seed*.pt")
        with pytest.raises(FileNotFoundError):
            load_runs(tmp_path / "nothing")
        for nothing in ("", []):
            with pytest.raises(InputNotFoundError, match="there is no path"):
                load_runs(nothing)

    def test_that_are_no_ensemble(self, tmp_path):
        np.save(tmp_path / "images.npy", np.zeros((5, 4, 4), np.uint8))
        with pytest.raises(InputDataError, match="no logits in this folder"):
            load_runs(tmp_path)

    def test_of_a_pattern_are_named_as_the_program_names_them(self, folder):
        listed = json.loads(
            run_program("inspect", "--format", "json", "--logits", "test", "--logits-train", "train", folder)
        )
        assert load_runs(folder, test="test", train="train").reading == listed["ensemble"]["reading"]

    def test_are_pickled_by_their_paths(self, folder, ensemble):
        runs = load_runs(folder, test="test", train="train")
        np.asarray(runs.train)
        classifier = EnsembleKernelClassifier().fit(runs.train, ensemble.y_train)
        pickled = pickle.dumps(classifier)
        assert len(pickled) < ensemble.train.nbytes / 4
        assert (pickle.loads(pickled).predict(runs.test) == classifier.predict(runs.test)).all()


def write_safetensors(path, arrays):
    header, start = {}, 0
    for name, array in arrays.items():
        end = start + array.nbytes
        header[name] = {"dtype": "F32", "shape": list(array.shape), "data_offsets": [start, end]}
        start = end
    words = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(words).to_bytes(8, "little") + words)
        for array in arrays.values():
            file.write(np.ascontiguousarray(array).tobytes())


def test_logits_that_python_cannot_tell_apart_are_refused_for_some_runs_too(tmp_path, ensemble):
    for run in range(RUNS):
        other = ensemble.test[run] + 1
        np.savez(
            tmp_path / f"seed{run}.npz", logits=ensemble.test[run], logits_train=ensemble.train[run], ema_logits=other
        )
    runs = load_runs(tmp_path, test="logits", runs=4)
    assert np.array_equal(runs.test, ensemble.test[:4])
    with pytest.raises(InputDataError, match="Python cannot tell"):
        np.asarray(load_runs(tmp_path, runs=4).test)
