#!/usr/bin/env python3
"""Makes files as people save the outputs of their runs, and says what the program should do with each.

    make_inputs.py OUT          writes a folder for each case into OUT, and OUT/cases.json

All files hold the same eight runs for 20 test and 40 training examples of 4 classes, in another layout or with
something foreign beside them, unless a case says otherwise. A case that is read has a command and what it must equal:
the results of "predict control/ens" (or of another case). A case that is refused has an exit code and words that the
message must hold. Where PyTorch is missing, the files in Tests/CommandLineTests/Inputs/kept.tar are used.
"""

import argparse
import collections
import enum
import fractions
import gzip
import json
import os
import pathlib
import pickle
import random
import sys

import numpy as np
import torch

R, T, N, C = 8, 20, 40, 4
CASES = []


def runs():
    """Logits of runs that agree on most examples, and the labels."""
    generator = np.random.default_rng(20)
    labels = {"test": generator.integers(0, C, T), "train": generator.integers(0, C, N)}
    logits = {}
    for name, truth in labels.items():
        common = generator.normal(size=(len(truth), C))
        own = generator.normal(size=(R, len(truth), C))
        logits[name] = (4 * np.eye(C)[truth] + common + own).astype(np.float32)
    return logits["test"], logits["train"], labels["test"], labels["train"]


TEST, TRAIN, Y, Y_TRAIN = runs()
RIGHT = f"accuracy of a run: {100 * (TEST[0].argmax(1) == Y).mean():.2f} %"
NAMES = ["cat", "dog", "frog", "ship"]


def tensors(**others):
    """The usual dictionary, with other entries."""
    return {
        "logits": torch.from_numpy(TEST.copy()),
        "logits_train": torch.from_numpy(TRAIN.copy()),
        "labels": torch.from_numpy(Y.copy()),
        "labels_train": torch.from_numpy(Y_TRAIN.copy()),
        **others,
    }


class Case:
    """A folder, and what a command says about it."""

    def __init__(self, name):
        self.name = name
        self.folder = OUT / name
        self.folder.mkdir(parents=True)

    def save(self, path, value, **options):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        ending = file.suffix
        if ending == ".npy":
            np.save(file, value, **options)
        elif ending == ".npz":
            np.savez(file, **value)
        elif ending in (".pkl", ".p"):
            file.write_bytes(pickle.dumps(value, **options))
        elif ending in (".pt", ".pth"):
            torch.save(value, file, **options)
        elif isinstance(value, bytes):
            file.write_bytes(value)
        else:
            file.write_text(value)
        return self

    def ensemble(self, folder="ens", test=TEST, train=TRAIN, y=Y, y_train=Y_TRAIN):
        arrays = {"logits": test, "logits_train": train, "labels": y, "labels_train": y_train}
        for name, array in arrays.items():
            if array is not None:
                self.save(f"{folder}/{name}.npy", array)
        return self

    def reads(self, *arguments, like="control", says=()):
        """The command gives the same results as another case."""
        CASES.append({"case": self.name, "arguments": list(arguments), "exit": 0, "like": like, "says": list(says)})
        return self

    def runs(self, *arguments, says=(), prints=()):
        """The command works."""
        CASES.append(
            {
                "case": self.name,
                "arguments": list(arguments),
                "exit": 0,
                "says": list(says),
                "prints": list(prints),
            }
        )
        return self

    def refuses(self, *arguments, exit=65, says=()):
        """The command refuses, in one line with these words."""
        CASES.append({"case": self.name, "arguments": list(arguments), "exit": exit, "says": list(says)})
        return self


def layouts():
    Case("control").ensemble().reads("predict", "ens", says=["8 runs from", "labels.npy (test)"])
    Case("control_unlabeled").ensemble(y=None, y_train=None).reads("predict", "ens", like="control_unlabeled")

    case = Case("loop_pt")
    for seed in range(R):
        saved = {"seed": seed, "test": torch.from_numpy(TEST[seed]), "train": torch.from_numpy(TRAIN[seed])}
        case.save(f"runs/seed{seed}.pt", {**saved, "acc": np.float64(0.9)})
    case.save("y_test.npy", Y).save("y_train.npy", Y_TRAIN)
    names = ["--logits", "test", "--logits-train", "train"]
    case.reads("predict", "runs", *names, "--labels", "y_test.npy", "--labels-train", "y_train.npy")

    case = Case("loop_npy")
    for seed in range(R):
        case.save(f"runs/test_{seed}.npy", TEST[seed]).save(f"runs/train_{seed}.npy", TRAIN[seed])
    case.reads("predict", "runs", like="control_unlabeled", says=["8 runs from 16 files", "no labels"])

    case = Case("seed_folders")
    for seed in range(R):
        case.save(f"runs/seed_{seed}/test_logits.npy", TEST[seed])
        case.save(f"runs/seed_{seed}/train_logits.npy", TRAIN[seed])
    case.reads("predict", "runs", like="control_unlabeled", says=["(seed_0 .. seed_7)"])

    case = Case("split_folders")
    for seed in range(R):
        case.save(f"runs/test/seed_{seed}.npy", TEST[seed]).save(f"runs/train/seed_{seed}.npy", TRAIN[seed])
    case.reads("predict", "runs", like="control_unlabeled")

    case = Case("set_folders").save("runs/y_test.npy", Y)
    for seed in range(R):
        case.save(f"runs/test_logits/seed_{seed}.npy", TEST[seed])
        case.save(f"runs/train_logits/seed_{seed}.npy", TRAIN[seed])
    case.runs("evaluate", "runs", says=["8 runs from 16 files"])

    case = Case("split_files")
    case.save("runs/test.npz", {"logits": TEST, "labels": Y}).save(
        "runs/train.npz", {"logits": TRAIN, "labels": Y_TRAIN}
    )
    case.reads("predict", "runs").reads("predict", "runs/test.npz", "runs/train.npz")

    case = Case("natural_order")
    order = [*range(R), 0, 1, 2, 3]
    for place, seed in enumerate(order):
        case.save(
            f"runs/run_{place}.npz",
            {"logits": TEST[seed][None], "logits_train": TRAIN[seed][None], "labels": Y, "labels_train": Y_TRAIN},
        )
    case.reads("predict", "runs", "--runs", "8", says=["(run_0.npz .. run_11.npz)"])

    case = Case("identifiers")
    for seed, name in enumerate([f"f0a1b2c3-77aa-4c1e-9a55-0a1b2c3d4e{seed:02x}" for seed in range(R)]):
        case.save(f"nets/{name}.pt", torch.from_numpy(TRAIN[seed]).half())
    case.refuses("predict", "nets", says=["no logits of the training examples"])
    case.runs("kernel", "nets", "--pairs", "train-train", "--out", "k.npy", says=["8 runs from 8 files"])

    case = Case("other_stems").save("out/labels.npy", Y)
    for seed in range(R):
        case.save(f"out/clean_{seed}.npy", TEST[seed])
    case.runs("evaluate", "out", says=["8 runs from 8 files (clean_0.npy .. clean_7.npy)", "labels.npy"])
    for seed in range(R):
        case.save(f"both/clean_{seed}.npy", TEST[seed]).save(f"both/noisy_{seed}.npy", TEST[seed] / 2)
    case.save("both/labels.npy", Y)
    case.refuses("evaluate", "both", says=["clean_0.npy (8 of", "noisy_0.npy (8 of", "--files"])
    case.runs("evaluate", "both", "--files", "clean_*.npy", says=["8 runs from 8 files"])

    case = Case("stacked_names").ensemble("other", y=None, y_train=None)
    case.save("ens/test_logits.npy", TEST).save("ens/train_logits.npy", TRAIN)
    case.save("ens/y_test.npy", Y).save("ens/y_train.npy", Y_TRAIN)
    case.reads("predict", "ens").reads("predict", "ens/test_logits.npy", "ens/train_logits.npy")

    case = Case("other_case").save(
        "log.npz", {"Test-Logits": TEST, "trainLogits": TRAIN, "Y.test": Y, "Y_Train": Y_TRAIN}
    )
    case.reads("predict", "log.npz")

    case = Case("nested").save(
        "log.pt",
        {
            "test": {"logits": torch.from_numpy(TEST), "labels": torch.from_numpy(Y)},
            "train": {"logits": torch.from_numpy(TRAIN), "labels": torch.from_numpy(Y_TRAIN)},
        },
    )
    case.reads("predict", "log.pt", says=["test.logits"])

    case = Case("by_seed").save(
        "log.pt",
        {
            f"seed_{seed}": {"logits": torch.from_numpy(TEST[seed]), "logits_train": torch.from_numpy(TRAIN[seed])}
            for seed in range(R)
        },
    )
    case.reads("predict", "log.pt", like="control_unlabeled")
    own_labels = {
        f"seed_{seed}": {"logits": torch.from_numpy(TEST[seed]), "labels": torch.from_numpy(Y)} for seed in range(R)
    }
    Case("by_seed_with_labels").save("log.pt", own_labels).runs("evaluate", "log.pt", says=["8 runs from log.pt"])
    gap = [torch.from_numpy(TEST[0]), torch.from_numpy(TEST[1]), None, torch.from_numpy(TEST[3])]
    Case("gap_in_list").save("log.pt", {"logits": gap, "labels": torch.from_numpy(Y)}).refuses(
        "evaluate", "log.pt", says=["log.pt"]
    )
    rows = [
        {"logits": torch.from_numpy(TEST[seed]), "logits_train": torch.from_numpy(TRAIN[seed])} for seed in range(R)
    ]
    Case("list_of_dictionaries").save("log.pt", rows).reads("predict", "log.pt", like="control_unlabeled")
    numbered = {f"logits_{seed}": torch.from_numpy(TEST[seed]) for seed in range(R)}
    numbered |= {f"logits_train_{seed}": torch.from_numpy(TRAIN[seed]) for seed in range(R)}
    Case("numbered_keys").save("log.pt", numbered).reads("predict", "log.pt", like="control_unlabeled")
    lists = {"logits": [torch.from_numpy(x) for x in TEST], "logits_train": [torch.from_numpy(x) for x in TRAIN]}
    Case("list_of_runs").save("log.pt", lists).reads("predict", "log.pt", like="control_unlabeled")

    def batches(array, size=6):
        return [torch.from_numpy(np.ascontiguousarray(array[i : i + size])) for i in range(0, len(array), size)]

    case = Case("batches")
    for seed in range(R):
        case.save(
            f"runs/{seed}.pt",
            {
                "logits": batches(TEST[seed]),
                "labels": batches(Y),
                "logits_train": batches(TRAIN[seed], 10),
                "labels_train": batches(Y_TRAIN, 10),
            },
        )
    case.reads("predict", "runs", says=["batches joined"])
    Case("batches_bare").save("pred.pt", batches(TEST[0])).save("y.npy", Y).runs(
        "evaluate", "pred.pt", "--labels", "y.npy", says=["1 run from pred.pt", "batches joined"]
    )
    pairs = [(torch.from_numpy(TEST[0][i : i + 6]), torch.from_numpy(Y[i : i + 6])) for i in range(0, T, 6)]
    rows = [{"logits": x, "index": torch.arange(6 * i, 6 * i + len(x))} for i, x in enumerate(batches(TEST[0]))]
    Case("batches_of_dictionaries").save("pred.pt", rows).save("labels.npy", Y).runs(
        "evaluate", "pred.pt", says=["1 run from pred.pt", "labels: labels.npy (test)"], prints=[RIGHT]
    )
    Case("batches_of_pairs").save("pred.pt", pairs).runs("evaluate", "pred.pt", says=["1 run from pred.pt"])

    case = Case("tuple").save("t.pt", (torch.from_numpy(TEST), torch.from_numpy(Y)))
    case.runs("evaluate", "t.pt", says=["8 runs from t.pt", "(test)"])
    output = Output(TEST[0], Y, {"test_loss": 0.5})
    Case("named_tuple").save("preds.pkl", output).save("preds.pt", output).runs(
        "evaluate", "preds.pkl", says=["1 run from preds.pkl", "(test)"]
    ).runs("evaluate", "preds.pt", says=["1 run from preds.pt"])
    case = Case("two_tuples").save("logits.p", ((TRAIN[0], Y_TRAIN[:, None]), (TEST[0], Y[:, None])))
    case.refuses("evaluate", "logits.p", says=["0.0", "1.0", "--logits"])
    case.runs("evaluate", "logits.p", "--logits", "1.0", "--labels", "1.1", says=["1 run from logits.p"])

    Case("positional").save("log.npz", {"arr_0": TEST, "arr_1": TRAIN}).refuses(
        "predict", "log.npz", says=["arr_0 float32 (8, 20, 4)", "arr_1", "--logits"]
    ).reads("predict", "log.npz", "--logits", "arr_0", "--logits-train", "arr_1", like="control_unlabeled")
    four = {"arr_0": TEST, "arr_1": TRAIN, "arr_2": Y, "arr_3": Y_TRAIN}
    names = ["--logits", "arr_0", "--logits-train", "arr_1", "--labels", "arr_2", "--labels-train", "arr_3"]
    Case("positional_all").save("log.npz", four).reads("predict", "log.npz", *names)
    Case("positional_alone").save("log.npz", {"arr_0": TEST}).save("labels.npy", Y).runs(
        "evaluate", "log.npz", says=["8 runs from log.npz", "labels.npy (test)"]
    )
    Case("test_time_augmentation").save(
        "log.pt", tensors(logits_tta=torch.from_numpy(TEST[::-1].copy()), logits=torch.from_numpy(TEST * 0 + 1))
    ).reads("predict", "log.pt", "--logits", "logits_tta", like="reversed")
    Case("reversed").ensemble(test=TEST[::-1], train=TRAIN).reads("predict", "ens", like="reversed")
    Case("numbers_in_names").save("logits500.npy", TEST).save("labels.npy", Y).runs(
        "evaluate", "logits500.npy", says=["8 runs from logits500.npy"]
    )
    Case("ambiguous").save("log.pt", tensors(outputs=torch.from_numpy(TEST))).refuses(
        "predict", "log.pt", says=["logits float32 (8, 20, 4)", "outputs float32 (8, 20, 4)", "--logits"]
    )
    Case("unknown_keys").save("log.pt", {"a": torch.from_numpy(TEST), "b": torch.from_numpy(TRAIN)}).refuses(
        "predict", "log.pt", says=["a float32 (8, 20, 4)", "b float32 (8, 40, 4)", "--logits"]
    ).reads("predict", "log.pt", "--logits", "a", "--logits-train", "b", like="control_unlabeled")
    Case("names_of_nothing").ensemble().refuses(
        "predict", "ens", "--logits", "zzz", exit=66, says=["named zzz", "logits float32 (8, 20, 4)"]
    ).refuses("predict", "ens/logits.npy", "--logits", "zzz", says=["named zzz"])
    case = Case("other_key_in_one")
    for part in range(4):
        some = slice(2 * part, 2 * part + 2)
        name = "outputs" if part == 1 else "logits"
        case.save(f"runs/{part}.npz", {name: TEST[some], f"{name}_train": TRAIN[some], "y": Y, "y_train": Y_TRAIN})
    case.reads("predict", "runs")
    case = Case("run_without_training_logits")
    for part in range(4):
        some = slice(2 * part, 2 * part + 2)
        arrays = {"logits": TEST[some], "logits_train": TRAIN[some]}
        case.save(f"runs/{part}.npz", {"logits": TEST[some]} if part == 2 else arrays)
    case.refuses("predict", "runs", says=["runs/2.npz", "no training logits"])

    from safetensors.torch import save_file

    case = Case("shards")
    (case.folder / "set").mkdir()
    save_file(
        {"logits": torch.from_numpy(TEST), "labels": torch.from_numpy(Y)},
        case.folder / "set/log-00001-of-00002.safetensors",
    )
    save_file(
        {"logits_train": torch.from_numpy(TRAIN), "labels_train": torch.from_numpy(Y_TRAIN)},
        case.folder / "set/log-00002-of-00002.safetensors",
    )
    case.save("set/log.safetensors.index.json", json.dumps({"weight_map": {}}))
    case.reads("predict", "set")
    case = Case("safetensors_float8")
    save_file({**tensors(), "f8": torch.ones(3).to(torch.float8_e4m3fn)}, case.folder / "log.safetensors")
    case.reads("predict", "log.safetensors")


Output = collections.namedtuple("Output", ["predictions", "label_ids", "metrics"])


class Color(enum.Enum):
    RED = 1


class Foreign:
    """A class that nobody else has."""

    def __init__(self):
        self.weight = 1


def foreign():
    def pt(name, value, command="predict", **options):
        Case(f"pt_{name}").save("log.pt", tensors(extra=value), **options).reads(command, "log.pt")

    pt("scalar", [np.float64(0.9), np.float32(0.5), np.int64(3)])
    pt("namespace", argparse.Namespace(lr=0.1))
    pt("object", Foreign())
    pt("enum", [Color.RED, fractions.Fraction(1, 3)])
    pt("bytes", b"\x00\xff")
    pt("defaultdict", collections.defaultdict(list, loss=[1.0]))
    pt("counter", collections.Counter("aab"))
    pt("none_key", {None: 1})
    pt("tuple_keys", {(0, "acc"): 0.9})
    pt("sets", [{1, 2}, frozenset({1})], pickle_protocol=4)
    pt("ranges", [range(10), slice(0, 3), 1j])
    pt("device", [torch.zeros(2, 3).shape, torch.device("cuda:0"), torch.float16])
    pt("float8", torch.ones(3).to(torch.float8_e4m3fn))
    pt("sparse", torch.eye(3).to_sparse())
    pt("complex", torch.ones(3, dtype=torch.complex64))
    pt("module", torch.nn.Linear(2, 2))
    random.seed(0)
    pt("random_state", [random.getstate(), np.random.get_state(), torch.get_rng_state()])
    pt("dtype", np.dtype("float32"))
    pt("function", print)
    numpy_labels = tensors(labels=Y, labels_train=Y_TRAIN)
    Case("pt_numpy_labels").save("log.pt", numpy_labels).reads("predict", "log.pt")
    arrays = {"logits": TEST, "logits_train": np.asfortranarray(TRAIN), "labels": Y, "labels_train": Y_TRAIN}
    Case("pt_numpy").save("log.pt", arrays).reads("predict", "log.pt")
    Case("pkl_numpy").save("log.pkl", arrays).reads("predict", "log.pkl").save("d/log.pkl", arrays).reads(
        "predict", "d"
    )
    for protocol in (0, 2, 5):
        Case(f"pkl_protocol_{protocol}").save("log.pkl", arrays, protocol=protocol).reads("predict", "log.pkl")
    negative = tensors(logits=torch._neg_view(torch.from_numpy(-TEST)))
    Case("pt_negative_view").save("log.pt", negative).reads("predict", "log.pt")
    Case("npz_names").save("log.npz", {**arrays, "class_names": np.array(NAMES)}).reads("predict", "log.npz")
    record = np.zeros(3, dtype=[("epoch", "<i4"), ("loss", "<f4")])
    Case("npz_record").save("log.npz", {**arrays, "hist": record, "z": np.ones(2, complex)}).reads("predict", "log.npz")
    Case("npz_object").save("log.npz", {**arrays, "o": np.array([{"a": 1}, None], dtype=object)}).reads(
        "predict", "log.npz"
    )

    case = Case("beside_checkpoint")
    for part in range(2):
        some = slice(4 * part, 4 * part + 4)
        case.save(
            f"runs/{part}/log.pt",
            {
                "logits": torch.from_numpy(TEST[some].copy()),
                "logits_train": torch.from_numpy(TRAIN[some].copy()),
                "labels": torch.from_numpy(Y),
                "labels_train": torch.from_numpy(Y_TRAIN),
            },
        )
        model = {
            "model": torch.nn.Linear(3, 2).state_dict(),
            "args": argparse.Namespace(lr=0.1),
            "best": np.float64(0.3),
        }
        case.save(f"runs/{part}/checkpoint.pt", model)
    case.reads("predict", "runs", says=["skipped: 2 checkpoint.pt (no logits)"])
    case.runs("inspect", "runs", prints=["as an ensemble: 8 runs", "2 checkpoint.pt (no logits)"])
    case = Case("beside_old_format").save("runs/log.pt", tensors())
    torch.save(tensors(), case.folder / "runs/old.pt", _use_new_zipfile_serialization=False)
    case.reads("predict", "runs", says=["old.pt"])
    case.refuses("predict", "runs/old.pt", says=["old format"])
    case = Case("beside_torchscript").save("runs/log.pt", tensors())
    torch.jit.save(torch.jit.script(torch.nn.Linear(2, 2)), case.folder / "runs/model.pt")
    case.reads("predict", "runs", says=["model.pt"])
    case = Case("hidden").save("runs/log.pt", tensors()).save("runs/._log.pt", b"\0\5\26\7" + bytes(80))
    case.save("runs/.DS_Store", b"\0\0\0\1Bud1").save("runs/.ipynb_checkpoints/log-checkpoint.pt", tensors())
    case.reads("predict", "runs", says=[".DS_Store"]).runs("inspect", "runs")
    case = Case("own_results").save("runs/log.pt", tensors())
    case.save(
        "runs/graph/graph.npz", {"format": np.array(b"csr"), "shape": np.array([2, 2]), "data": np.ones(2, np.float32)}
    )
    case.save("runs/neighbors.npy", np.zeros((T, 3), int)).save("runs/kernel.npy", np.zeros((T, N), np.float32))
    case.reads("predict", "runs")
    case = Case("damaged_run").save("runs/0.pt", tensors()).save("runs/1.pt", tensors())
    file = case.folder / "runs/1.pt"
    file.write_bytes(file.read_bytes()[:-500])
    case.refuses("predict", "runs", says=["runs/1.pt"])
    case = Case("damaged_checkpoint").save("runs/log.pt", tensors()).save("runs/optimizer.pt", b"PK\3\4 cut short")
    case.reads("predict", "runs", says=["optimizer.pt"])


def labels():
    def form(name, y, **options):
        Case(f"labels_{name}").ensemble(y=y).reads("predict", "ens", **options)

    form("float", Y.astype(np.float64))
    form("column", Y[:, None])
    form("one_hot", np.eye(C)[Y])
    form("one_hot_integers", np.eye(C, dtype=int)[Y])
    form("one_hot_booleans", np.eye(C, dtype=bool)[Y])
    form("of_each_run", np.tile(Y, (R, 1)))
    form("big_endian", Y.astype(">i4"))
    Case("labels_objects").ensemble(y=None).save("ens/labels.npy", Y.astype(object), allow_pickle=True).reads(
        "predict", "ens"
    )
    named = np.array(NAMES)
    Case("labels_names").ensemble(y=named[Y], y_train=named[Y_TRAIN]).reads("predict", "ens")
    for name, y in {
        "float_list": Y.astype(float).tolist(),
        "list": Y.tolist(),
        "tuple": tuple(Y.tolist()),
        "list_of_tensors": list(torch.from_numpy(Y)),
        "list_of_batches": [torch.from_numpy(Y[:8]), torch.from_numpy(Y[8:16]), torch.from_numpy(Y[16:])],
        "one_hot_list": np.eye(C)[Y].tolist(),
        "one_hot_integer_list": np.eye(C, dtype=int)[Y].tolist(),
        "tensor_float": torch.from_numpy(Y).float(),
        "numpy": Y,
        "list_of_numpy": list(Y),
    }.items():
        Case(f"labels_pt_{name}").save("log.pt", tensors(labels=y)).reads("predict", "log.pt")
    Case("labels_pt_names").save(
        "log.pt", tensors(labels=[NAMES[y] for y in Y], labels_train=[NAMES[y] for y in Y_TRAIN])
    ).reads("predict", "log.pt")
    Case("labels_pt_none").save("log.pt", tensors(labels=None)).runs("predict", "log.pt", says=["labels_train (train)"])
    for name, y, says in [
        ("dictionary", {"a": 1}, "labels"),
        ("empty", [], "empty"),
        ("none_in_list", [1, None, *Y[2:].tolist()], "place 1"),
        ("fewer", Y[:-1].tolist(), "19 labels"),
        ("one_based", (Y + 1).tolist(), "class"),
        ("fraction", (Y + 0.5).tolist(), "whole number"),
        ("object", Foreign(), "Foreign"),
    ]:
        Case(f"labels_pt_{name}").save("log.pt", tensors(labels=y)).refuses("predict", "log.pt", says=["log.pt", says])
    case = Case("labels_text").ensemble(y=None)
    case.save("y.csv", "label\n" + "\n".join(map(str, Y)) + "\n").save("y.txt", "\n".join(map(str, Y)))
    case.save("y.json", json.dumps(Y.tolist())).save("two.csv", "a,b\n1,2\n")
    for name in ("y.csv", "y.txt", "y.json"):
        case.reads("predict", "ens", "--labels", name, says=[name])
    case.save("bom.csv", b"\xef\xbb\xbf" + "\n".join(map(str, Y)).encode()).save("y.tsv", "\n".join(map(str, Y)))
    case.save("utf16.txt", "\r\n".join(map(str, Y)).encode("utf-16"))
    case.save("names.txt", "label\n" + "\n".join(NAMES[y] for y in Y))
    for name in ("bom.csv", "y.tsv", "utf16.txt", "names.txt"):
        case.reads("predict", "ens", "--labels", name, says=[name])
    case.refuses("predict", "ens", "--labels", "two.csv", says=["two.csv", "numpy.save('two.npy', "])
    case.refuses("predict", "ens", "--labels", "nowhere", says=["nowhere", "--labels"])
    case = Case("labels_not_needed").ensemble(y=None, y_train=None)
    case.save("ens/labels.csv", "a,b\n1,2\n").save("ens/labels_train.json", "{}").save("y.npy", Y)
    case.save("y_train.npy", Y_TRAIN)
    given = ["--labels", "y.npy", "--labels-train", "y_train.npy"]
    case.reads("predict", "ens", *given, says=["labels.csv (other labels)"])
    case.reads("predict", "ens/logits.npy", "ens/logits_train.npy", *given)
    case.refuses("predict", "ens", says=["labels.csv"])
    Case("labels_other_names").ensemble(y=None, y_train=None).save("ens/targets.npy", Y).save(
        "ens/y_train.npy", Y_TRAIN
    ).reads("predict", "ens")
    Case("labels_text_beside").ensemble(y=None).save("ens/labels.txt", "\n".join(map(str, Y))).reads("predict", "ens")
    case = Case("labels_beside_file").save("ens/labels.npy", Y).save("ens/labels_train.npy", Y_TRAIN)
    case.save("ens/log.npz", {"logits": TEST, "logits_train": TRAIN}).reads("predict", "ens/log.npz")
    case = Case("labels_disagree").ensemble().save("ens/y.npy", (Y + 1) % C)
    case.refuses("predict", "ens", says=["labels"])
    Case("labels_none_of_many").ensemble(y=np.zeros((0, T), int)).refuses("predict", "ens", says=["(0, 20)"])
    tags = {"logits": TEST, "logits_train": TRAIN, "labels": Y, "labels_train": Y_TRAIN, "tags": np.array([b"", b"x"])}
    Case("npz_empty_text").save("log.npz", tags).reads("predict", "log.npz")
    one_hot = np.eye(C, dtype=np.float32)[Y]
    Case("labels_one_hot_in_tuple").save("log.pkl", (TEST[0], one_hot)).runs(
        "evaluate", "log.pkl", says=["1 run from log.pkl", "log.pkl (test)"], prints=[RIGHT]
    )
    Case("labels_column_in_tuple").save("log.pkl", (TEST[0], Y[:, None].astype(np.float32))).runs(
        "evaluate", "log.pkl", says=["1 run from log.pkl", "log.pkl (test)"], prints=[RIGHT]
    )
    case = Case("labels_by_run")
    for seed in range(R):
        case.save(f"runs/logits/seed_{seed}.npy", TEST[seed]).save(f"runs/labels/seed_{seed}.npy", one_hot)
        case.save(f"whole/logits/seed_{seed}.npy", TEST[seed]).save(f"whole/labels/seed_{seed}.npy", Y)
    for folder in ("runs", "whole"):
        case.runs("evaluate", folder, says=["8 runs from 8 files", "labels/seed_0.npy (test, 8 files)"])
    numbers = np.array([str(y) for y in Y])
    Case("labels_numbers_as_text").ensemble(y=numbers).reads("predict", "ens")
    many = np.random.default_rng(4).normal(size=(3, 48, 12)).astype(np.float32)
    names = np.array([f"class_{place % 12}" for place in range(48)])
    Case("labels_numbered_names").save("logits.npy", many).save("labels.npy", names).refuses(
        "evaluate", "logits.npy", says=["labels.npy", "class_10", "class_2"]
    )
    case = Case("labels_of_two_signs").ensemble(test=TEST[..., :2], y=2 * (Y % 2) - 1, train=None, y_train=None)
    case.refuses("evaluate", "ens", says=["-1 and 1", "labels.npy"])
    case = Case("labels_of_two_sets").save("d/logits.npy", TEST).save("d/logits_train.npy", TRAIN)
    case.save("d/labels.npz", {"test": Y, "train": Y_TRAIN}).save("y.pt", {"test": Y, "train": Y_TRAIN})
    case.save("e/logits.npy", TEST).save("e/cifar10_labels.npy", Y)
    case.reads("predict", "d").reads("predict", "d/logits.npy", "d/logits_train.npy")
    case.reads("predict", "d", "--labels", "y.pt", "--labels-train", "y.pt", says=["labels: test (test)"])
    case.runs("evaluate", "e", says=["cifar10_labels.npy (test)"])
    case = Case("labels_by_their_values")
    for seed in range(R):
        case.save(f"d/target_test_{seed}.npy", TEST[seed]).save(f"d/target_train_{seed}.npy", TRAIN[seed])
    case.reads("predict", "d", like="control_unlabeled")
    claimed = torch.zeros(20_000, dtype=torch.int8)
    case = Case("labels_of_more_than_the_file_can_hold")
    case.save("rows.pt", {"logits": torch.zeros(2, 2, 2), "labels": claimed.as_strided((5_000_000, 2), (0, 1))})
    logits = torch.zeros(20_000).as_strided((1, 5_000_000, 2), (0, 0, 1))
    case.save("examples.pt", {"logits": logits, "labels": claimed.as_strided((5_000_000,), (0,))})
    batches = [claimed.as_strided((1_000_000,), (0,))] * 5
    case.save("batches.pt", {"logits": logits, "labels": batches})
    for name, count in {"rows": "10000000", "examples": "5000000", "batches": "5000000"}.items():
        case.refuses("evaluate", f"{name}.pt", says=["labels", f"claims {count} numbers"])
    two = Case("labels_in_folders")
    for part in range(2):
        some = slice(4 * part, 4 * part + 4)
        two.save(f"runs/{part}/log.npz", {"logits": TEST[some], "logits_train": TRAIN[some]})
        two.save(f"runs/{part}/labels.npy", Y).save(f"runs/{part}/labels_train.npy", Y_TRAIN)
    two.reads("predict", "runs", says=["(test, 2 files)"])


def values():
    def softmax(x):
        e = np.exp(x.astype(np.float64) - x.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    case = Case("probabilities").ensemble(test=softmax(TEST), train=softmax(TRAIN))
    case.refuses("predict", "ens", says=["probabilities", "--inputs probabilities"])
    case.runs("predict", "ens", "--inputs", "probabilities")
    mixed = np.concatenate([TEST[:5], softmax(TEST[5:])])
    Case("probabilities_in_some_runs").ensemble(test=mixed).refuses(
        "predict", "ens", says=["probabilities", "other runs"]
    )
    sigmoid = 1 / (1 + np.exp(-4 * TEST[..., :1]))
    case = Case("probabilities_of_one_output").ensemble(test=sigmoid, train=None, y=Y % 2, y_train=None)
    case.refuses("evaluate", "ens", says=["probabilities", "--inputs probabilities"])
    case.runs("evaluate", "ens", "--inputs", "probabilities")
    Case("positive_log_probabilities").ensemble().refuses(
        "predict", "ens", "--inputs", "log-probabilities", says=["not the logarithm of a probability"]
    )
    case = Case("log_probabilities").ensemble(test=np.log(softmax(TEST)), train=np.log(softmax(TRAIN)))
    case.runs("predict", "ens")
    with np.errstate(divide="ignore"):
        low = [np.log(softmax(6 * x).astype(np.float16)) for x in (TEST, TRAIN)]
    case = Case("log_of_zero").ensemble(test=low[0], train=low[1])
    case.refuses("predict", "ens", says=["--inputs log-probabilities"])
    case.runs("predict", "ens", "--inputs", "log-probabilities")
    binary = [x[..., :1] for x in (TEST, TRAIN)]
    both = [np.concatenate([np.zeros_like(x), x], -1) for x in binary]
    y, y_train = Y % 2, Y_TRAIN % 2
    Case("two_logits").ensemble(test=both[0], train=both[1], y=y, y_train=y_train).reads(
        "predict", "ens", like="two_logits"
    )
    case = Case("one_logit_by_run").save("labels.npy", y).save("labels_train.npy", y_train)
    for seed in range(R):
        case.save(f"runs/test_{seed}.npy", binary[0][seed]).save(f"runs/train_{seed}.npy", binary[1][seed])
    case.reads("predict", "runs", "--labels", "labels.npy", "--labels-train", "labels_train.npy", like="two_logits")
    case = Case("one_logit_a_row").save("runs/y_test.npy", y)
    for seed in range(R):
        case.save(f"runs/test_{seed}.npy", binary[0][seed, :, 0]).save(f"runs/train_{seed}.npy", binary[1][seed, :, 0])
    case.save("y_train.npy", y_train).reads("predict", "runs", "--labels-train", "y_train.npy", like="two_logits")
    case.runs("kernel", "runs", "--pairs", "test-train", "--out", "k.npy", says=["8 runs from 16 files"])
    Case("one_logit_unlabeled").ensemble(
        test=binary[0][..., 0], train=binary[1][..., 0], y=np.where(np.arange(T) < 3, -1, y), y_train=y_train
    ).runs("predict", "ens", says=["3 of 20 test examples"])
    Case("one_logit").ensemble(test=binary[0], train=binary[1], y=y, y_train=y_train).reads(
        "predict", "ens", like="two_logits"
    )
    Case("one_logit_flat").ensemble(test=binary[0][..., 0], train=binary[1][..., 0], y=y, y_train=y_train).reads(
        "predict", "ens", like="two_logits"
    )
    masked = []
    for x in (TEST, TRAIN):
        wide = np.concatenate([x, np.full_like(x[..., :1], -np.inf)], -1)
        masked.append(wide)
    Case("masked_class").ensemble(test=masked[0], train=masked[1]).runs("predict", "ens")
    test, train = TEST.copy(), TRAIN.copy()
    test[3], test[5, 1, 2], train[6, 0, 0] = np.nan, np.inf, np.nan
    case = Case("bad_runs").ensemble(test=test, train=train)
    case.refuses("predict", "ens", says=["3 of 8 runs", "--leave-out 3,5,6"])
    rest = [0, 1, 2, 4, 7]
    case.reads("predict", "ens", "--leave-out", "3,5-6", like="five_runs")
    Case("five_runs").ensemble(test=TEST[rest], train=TRAIN[rest]).reads("predict", "ens", like="five_runs")
    case = Case("runs_chosen").ensemble()
    case.reads("predict", "ens", "--runs", "0-2,4,7", like="five_runs")
    case.refuses("predict", "ens", "--runs", "0-8", exit=64, says=["8 runs"])
    twice = Case("equal_runs").ensemble(test=np.repeat(TEST, 2, 0), train=np.repeat(TRAIN, 2, 0))
    twice.runs("predict", "ens", says=["--distinct"])
    twice.reads("predict", "ens", "--distinct")
    generator = np.random.default_rng(1)
    shuffled = np.stack([40 * x[generator.permutation(N)] for x in TRAIN])
    Case("shuffled").ensemble(train=shuffled, y_train=None).runs("predict", "ens", says=["warning", "shuffled"])
    swapped = np.ascontiguousarray(TEST[:4].swapaxes(0, 1))
    Case("other_axes").ensemble(test=swapped, train=swapped, y=None, y_train=None).runs(
        "predict", "ens", says=["warning"]
    )
    Case("one_class").ensemble(y=Y * 0, y_train=Y_TRAIN * 0).runs("predict", "ens", says=["warning"])
    y = Y.copy()
    y[:5] = -1
    Case("unlabeled").ensemble(y=y).runs("predict", "ens", says=["5"])


def runs_by_name():
    """The test and the training logits of a run are paired by its name, and no run is lost."""
    test = {f"logits_{seed}": TEST[seed] for seed in (0, 1, 2)}
    train = {f"logits_train_{seed}": TRAIN[seed] for seed in (0, 2, 3)}
    Case("other_runs_in_sets").save("log.npz", test | train).refuses("predict", "log.npz", says=["no training logits"])
    sets = {
        "test": {f"seed_{seed}": torch.from_numpy(TEST[seed]) for seed in (0, 1, 2)},
        "train": {f"seed_{seed}": torch.from_numpy(TRAIN[seed]) for seed in (0, 2, 3)},
    }
    Case("other_seeds_in_sets").save("log.pt", sets).refuses("predict", "log.pt", says=["no training logits"])
    case = Case("by_seed_in_two_files")
    case.save("runs/test.npz", {f"seed_{seed}": TEST[seed] for seed in range(R)})
    case.save("runs/train.npz", {f"seed_{seed}": TRAIN[seed] for seed in reversed(range(R))})
    case.reads("predict", "runs", like="control_unlabeled")
    case.reads("predict", "runs/test.npz", "runs/train.npz", like="control_unlabeled")
    case = Case("other_forms_as_arguments").ensemble("a", TEST[:4], TRAIN[:4])
    case.save("b/log.npz", {"logits": TEST[4:], "logits_train": TRAIN[4:], "labels": Y, "labels_train": Y_TRAIN})
    case.reads("predict", "a", "b").reads("predict", "a/logits.npy", "a/logits_train.npy", "b/log.npz")
    case = Case("labels_above_others").save("r/labels.npy", Y).save("r/data/labels.npy", (Y + 1) % C)
    for seed in range(R):
        case.save(f"r/runs/{seed}.npy", TEST[seed])
    case.runs("evaluate", "r", says=["labels: labels.npy (test)", "data/labels.npy (other labels)"])
    case = Case("one_set_stacked").save("runs/test.npy", TEST)
    for seed in range(R):
        case.save(f"runs/train_{seed}.npy", TRAIN[seed])
    case.refuses("predict", "runs", says=["test.npy", "8 runs in one array", "numpy.stack"])
    case = Case("zeros_before_numbers")
    for seed in range(R):
        case.save(f"runs/test_{seed:03}.npy", TEST[seed]).save(f"runs/train_{seed}.npy", TRAIN[seed])
    case.reads("predict", "runs", like="control_unlabeled")
    case = Case("as_arguments")
    for seed in range(R):
        case.save(f"seed_{seed}/test_logits.npy", TEST[seed]).save(f"seed_{seed}/train_logits.npy", TRAIN[seed])
    files = [f"seed_{seed}/{name}_logits.npy" for name in ("test", "train") for seed in range(R)]
    case.reads("predict", *files, like="control_unlabeled")
    case.reads("predict", *[f"seed_{seed}" for seed in range(R)], like="control_unlabeled")
    twice = Case("given_twice").ensemble("runs/a")
    for again in (["runs/a/logits.npy", "runs/a/logits_train.npy"], ["runs"], ["./runs/"], ["runs/a"]):
        twice.runs("predict", "runs", *again, says=["16 runs from", "8 runs are copies", "--distinct"])
        twice.reads("predict", "runs", *again, "--distinct")
    for name, item in {
        "integers": torch.zeros(T, C, dtype=torch.int8),
        "unread": torch.ones(T, C).to(torch.float8_e4m3fn),
        "none": None,
    }.items():
        logits = {f"logits_{seed}": torch.from_numpy(TEST[seed]) for seed in range(R)}
        Case(f"lost_{name}").save("log.pt", {**logits, "logits_2": item}).refuses(
            "evaluate", "log.pt", says=["logits_2"]
        )
        by_seed = {f"seed_{seed}": torch.from_numpy(TEST[seed]) for seed in range(R)}
        Case(f"lost_seed_{name}").save("logits.pt", {**by_seed, "seed_2": item}).refuses(
            "evaluate", "logits.pt", says=["seed_2"]
        )
    dictionaries = [{"logits": torch.from_numpy(TEST[seed]), "seed": seed} for seed in range(R)]
    dictionaries[2] = None
    Case("lost_dictionary").save("log.pt", dictionaries).refuses("evaluate", "log.pt", says=["logits.2", "None"])
    case = Case("lost_file")
    for seed in range(R):
        case.save(f"none/seed_{seed}.pt", {"logits": torch.from_numpy(TEST[seed]) if seed != 2 else None})
        case.save(f"other/seed_{seed}.npz", {"logits" if seed != 2 else "weights": TEST[seed]})
        case.save(f"mixed/logits_{seed}.npy", TEST[seed])
    case.save("mixed/seed_8.npz", {"logits": 1 - TEST[0]}).save("mixed/y.npy", Y)
    case.refuses("evaluate", "none", says=["none/seed_2.pt", "no logits"])
    case.refuses("evaluate", "other", says=["other/seed_2.npz", "weights float32 (20, 4)"])
    case.runs("evaluate", "mixed", says=["9 runs from 9 files"])
    for part in ("0", "1"):
        case.save(f"parted/part-{part}/logits.npy", TEST[int(part)])
    case.save("parted/part-2.npz", {"logits": TEST[2]})
    case.runs(
        "evaluate",
        "parted/part-0",
        "parted/part-1",
        "parted/part-2.npz",
        "--labels",
        "mixed/y.npy",
        says=["3 runs from 3 files (parted/part-0/logits.npy .. parted/part-2.npz)"],
    )
    case = Case("one_after_the_other")
    with open(case.folder / "logits.npy", "wb") as file:
        for x in TEST:
            np.save(file, x)
    with open(case.folder / "runs.pkl", "wb") as file:
        for x, y in zip(TEST, TRAIN, strict=True):
            pickle.dump({"logits": x, "logits_train": y}, file)
    case.save("logits_train.npy", TRAIN)
    case.reads("predict", "logits.npy", "logits_train.npy", like="control_unlabeled")
    case.reads("predict", "runs.pkl", like="control_unlabeled")
    case = Case("copies").save("two/logits.npy", TEST).save("two/predictions.npy", TEST)
    case.refuses("evaluate", "two", says=["logits.npy", "predictions.npy", "--files"])
    case.save("both/logits.npy", TEST).save("folders/labels.npy", Y)
    for seed in range(4):
        case.save(f"both/logits_{seed}.npy", TEST[seed])
        case.save(f"folders/logits/seed_{seed}.npy", TEST[seed]).save(f"folders/probs/seed_{seed}.npy", TEST[seed])
        case.save(f"same/seed_{seed}.npz", {"logits": TEST[seed]}).save(f"same/seed_{seed}.npy", TEST[seed])
    case.refuses("evaluate", "both", says=["logits.npy (", "logits_0.npy (4 of", "--files"])
    case.runs(
        "evaluate", "folders", says=["4 runs from 4 files", "4 probs/seed_0.npy .. probs/seed_3.npy (other logits)"]
    )
    case.refuses("evaluate", "same", says=["seed_0.npy", "seed_0.npz"])


def sets():
    """Which examples a name means."""
    case = Case("sets_in_folders")
    for seed in range(R):
        case.save(f"runs/cifar10_test/{seed}.npy", TEST[seed]).save(f"runs/cifar10_train/{seed}.npy", TRAIN[seed])
        case.save(f"given/test/{seed}.npy", TEST[seed]).save(f"given/train/{seed}.npy", TRAIN[seed])
        case.save(f"training_runs/{seed}/logits.npy", TEST[seed])
    case.save("training_runs/labels.npy", Y)
    case.reads("predict", "runs", like="control_unlabeled")
    case.reads("predict", "runs/cifar10_test", "runs/cifar10_train", like="control_unlabeled")
    case.reads("predict", "given/test", "given/train", like="control_unlabeled")
    case.reads("predict", "given/train", "given/test", like="control_unlabeled")
    case.refuses("evaluate", "given/train", says=["no logits of the test examples"])
    case.runs("evaluate", "training_runs", says=["8 runs from 8 files"])
    case = Case("sets_in_words")
    for seed in range(R):
        case.save(f"joined/testset_logits_{seed}.npy", TEST[seed])
        case.save(f"joined/trainset_logits_{seed}.npy", TRAIN[seed])
        case.save(f"short/te_{seed}.npy", TEST[seed]).save(f"short/tr_{seed}.npy", TRAIN[seed])
        case.save(f"packed/resnet18s{seed}test.npy", TEST[seed]).save(f"packed/resnet18s{seed}train.npy", TRAIN[seed])
        case.save(f"chosen/val_logits_{seed}.npy", TEST[seed]).save(f"chosen/train_logits_{seed}.npy", TRAIN[seed])
        case.save(f"unlike/clean_{seed}.npy", TEST[seed]).save(f"unlike/train_{seed}.npy", TRAIN[seed])
    for folder in ("joined", "short", "packed"):
        case.reads("predict", folder, like="control_unlabeled")
    case.reads("predict", "chosen", "--logits", "val_logits", like="control_unlabeled")
    case.reads("predict", "unlike", "--logits", "clean", like="control_unlabeled")
    case = Case("other_sets")
    other = 2 * TEST[::-1]
    case.save("one.npz", {"val_logits": other, "val_labels": (Y + 1) % C, "test_logits": TEST, "test_labels": Y})
    case.runs("evaluate", "one.npz", says=["test_logits", "test_labels (test)"])
    case.runs("evaluate", "one.npz", "--logits", "val_logits", says=["val_logits", "val_labels (test)"])
    for seed in range(R):
        case.save(f"files/val_{seed}.npy", other[seed]).save(f"files/test_{seed}.npy", TEST[seed])
        case.save(f"files/train_{seed}.npy", TRAIN[seed])
        case.save(f"folders/val/{seed}.npy", other[seed]).save(f"folders/test/{seed}.npy", TEST[seed])
        case.save(f"folders/train/{seed}.npy", TRAIN[seed])
        case.save(f"corrupted/clean/seed_{seed}.npy", TEST[seed]).save(f"corrupted/fog/seed_{seed}.npy", other[seed])
        case.save(f"alone/id_{seed}.npy", TEST[seed]).save(f"alone/ood_{seed}.npy", other[seed])
    for folder in ("corrupted", "alone"):
        case.save(f"{folder}/labels.npy", Y)
    case.reads("predict", "files", like="control_unlabeled", says=["8 val_0.npy .. val_7.npy (other examples)"])
    case.reads("predict", "folders", like="control_unlabeled", says=["8 val/0.npy .. val/7.npy (other examples)"])
    case.refuses("evaluate", "corrupted", says=["clean/seed_0.npy (8 of", "fog/seed_0.npy (8 of", "--files"])
    case.runs("evaluate", "corrupted", "--files", "clean/*", says=["8 runs from 8 files"])
    case.runs("evaluate", "alone", says=["8 runs from 8 files (id_0.npy", "other examples"])
    case = Case("labels_of_other_sets")
    for folder in ("d", "t", "v"):
        case.save(f"{folder}/val_logits.npy", TEST[0])
    case.save("d/test_labels.npy", (Y + 1) % C).save("d/val_labels.npy", Y).save("d/test_logits.npy", other[0])
    case.save("v/labels.npy", (Y + 1) % C).save("v/y_val.npy", Y).save("t/test_labels.npy", Y)
    case.runs("evaluate", "d/val_logits.npy", says=["val_labels.npy (test)"], prints=[RIGHT])
    case.runs("evaluate", "d", "--files", "val_logits.npy", says=["val_labels.npy (test)"], prints=[RIGHT])
    case.runs("evaluate", "v/val_logits.npy", says=["y_val.npy (test)"], prints=[RIGHT])
    case.refuses("evaluate", "t/val_logits.npy", says=["no labels for the test examples"])
    for folder, y in {"val": Y, "test": (Y + 1) % C, "train": Y_TRAIN}.items():
        case.save(f"r/{folder}/labels.npy", y).save(f"r/{folder}/0.npy", TRAIN[0] if folder == "train" else TEST[0])
        case.save(f"r/{folder}/1.npy", TRAIN[1] if folder == "train" else TEST[1])
    case.runs("evaluate", "r", "--files", "val/*", says=["val/labels.npy (test)"])
    case.runs("predict", "r/val", "r/train", says=["2 runs from 4 files", "labels.npy (test)", "labels.npy (train)"])
    case = Case("several_loops").save("stacked/clean.npy", TEST).save("stacked/fog.npy", other).save("stacked/y.npy", Y)
    case.save("named/resnet18_test.npy", TEST).save("named/vgg16_test.npy", TEST).save("named/y.npy", Y)
    case.save("below/test_logits.npy", TEST.mean(0)).save("below/y.npy", Y)
    for seed in range(R):
        case.save(f"best/seed_{seed}/best/test.npy", TEST[seed]).save(f"best/seed_{seed}/last/test.npy", TEST[seed])
        case.save(f"below/seed_{seed}/test.npy", TEST[seed])
        case.save(f"smooth/baseline_{seed}.npy", TEST[seed]).save(f"smooth/label_smoothing_{seed}.npy", TEST[seed])
        for rank in range(2):
            half = slice(10 * rank, 10 * rank + 10)
            case.save(f"parts/seed_{seed}/test_logits_rank{rank}.npy", TEST[seed][half])
    case.refuses("evaluate", "stacked", says=["clean.npy", "fog.npy", "--files"])
    case.runs("evaluate", "stacked", "--files", "*", says=["16 runs"])
    case.runs("evaluate", "stacked/clean.npy", "stacked/fog.npy", says=["16 runs"])
    case.refuses("evaluate", "named", says=["resnet18_test.npy", "vgg16_test.npy", "--files"])
    case.refuses("evaluate", "best", says=["best/test.npy (8 of", "last/test.npy (8 of", "--files"])
    case.refuses("evaluate", "below", says=["test_logits.npy", "seed_0/test.npy", "--files"])
    case.runs("evaluate", "below", "--files", "test.npy", says=["8 runs from 8 files"])
    case.refuses("evaluate", "smooth", says=["baseline_0.npy (8 of", "label_smoothing_0.npy (8 of", "--files"])
    case.refuses("evaluate", "parts", says=["test_logits_rank0.npy", "numpy.concatenate", "--files"])
    tuples = {"val": (TEST[0], (Y + 1) % C), "test": (TEST[0], Y)}
    Case("tuples_of_sets").save("log.pkl", tuples).runs("evaluate", "log.pkl", says=["test.1 (test)"], prints=[RIGHT])


def something_else():
    case = Case("something_else")
    case.save("lfs/logits.npy.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    os.rename(case.folder / "lfs/logits.npy.txt", case.folder / "lfs/logits.npy")
    case.refuses("predict", "lfs", says=["lfs/logits.npy", "git lfs pull"])
    case.save("page/log.pt.html", "<!DOCTYPE html><html><head></head></html>")
    os.rename(case.folder / "page/log.pt.html", case.folder / "page/log.pt")
    case.refuses("predict", "page/log.pt", says=["page/log.pt", "web page"])
    Case("compressed").ensemble()
    plain = OUT / "compressed/ens/logits.npy"
    (OUT / "compressed/logits.npy.gz").write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    CASES.append(
        {
            "case": "compressed",
            "arguments": ["evaluate", "logits.npy.gz"],
            "exit": 65,
            "says": ["gzip -dc logits.npy.gz"],
        }
    )
    case = (
        Case("other_formats")
        .save("log.h5", b"\x89HDF\r\n\x1a\n" + bytes(100))
        .save("log.parquet", b"PAR1" + bytes(100))
    )
    case.refuses("evaluate", "log.h5", says=["HDF5", "h5py"]).refuses("evaluate", "log.parquet", says=["Parquet"])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    OUT = pathlib.Path(sys.argv[1])
    layouts()
    foreign()
    labels()
    values()
    runs_by_name()
    sets()
    something_else()
    (OUT / "cases.json").write_text(json.dumps(CASES, indent=1) + "\n")
