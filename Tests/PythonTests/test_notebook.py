"""The notebook, executed as it is kept."""

import os
import pathlib
import re
import sys

import pytest
from ensemble_kernel._program import find_program

NOTEBOOK = pathlib.Path(__file__).resolve().parents[2] / "Sources/Python/notebooks/fashion_mnist.ipynb"
FOLDERS = [
    pathlib.Path(name) for name in ("/usr/share/datasets/fashion-mnist", "/usr/local/share/datasets/fashion-mnist")
]


def text(cell):
    """What a cell has printed, and the value of its last line."""
    outputs = [output for output in cell.get("outputs", []) if output.get("name") != "stderr"]
    return "".join(output.get("text") or output["data"].get("text/plain", "") for output in outputs)


def test_shows_what_is_kept(tmp_path, monkeypatch):
    for module in ("torch", "pandas", "matplotlib", "ipykernel"):
        pytest.importorskip(module)
    nbclient, nbformat = pytest.importorskip("nbclient"), pytest.importorskip("nbformat")
    if not any(folder.is_dir() for folder in FOLDERS):
        pytest.skip("Fashion-MNIST is not installed")
    monkeypatch.setenv("ENSEMBLE_KERNEL_PROGRAM", find_program())
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    kept = nbformat.read(NOTEBOOK, 4)
    assert NOTEBOOK.stat().st_size < 400_000
    executed = nbformat.read(NOTEBOOK, 4)
    nbclient.NotebookClient(executed, timeout=300, resources={"metadata": {"path": tmp_path}}).execute()
    for before, after in zip(kept.cells, executed.cells, strict=True):
        kinds = [[sorted(output.get("data", ())) for output in cell.get("outputs", ())] for cell in (before, after)]
        assert [kind for kind in kinds[0] if kind] == [kind for kind in kinds[1] if kind]

    def figures(notebook):
        return [float(number) for cell in notebook.cells for number in re.findall(r"([\d.]+)%", text(cell))]

    # Trained on another processor, networks are a little different.
    assert len(figures(kept)) == 3
    assert figures(executed) == pytest.approx(figures(kept), abs=2)
