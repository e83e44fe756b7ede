"""What the tests of the pages share: a report, an explorer of it, and a browser.

The program is the one that ENSEMBLE_KERNEL_PROGRAM names, the browser Debian's Chromium; without either the tests are
skipped.
"""

import os
import pathlib
import re
import shutil
import subprocess

import numpy as np
import pytest

FIXTURE = pathlib.Path(__file__).resolve().parent.parent / "Fixtures/fashion-mlp"
BROWSER = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)


@pytest.fixture(scope="session")
def program():
    path = os.environ.get("ENSEMBLE_KERNEL_PROGRAM")
    if not path:
        pytest.skip("ENSEMBLE_KERNEL_PROGRAM does not name the program")
    return path


@pytest.fixture(scope="session")
def browser():
    if not BROWSER:
        pytest.skip("no Chromium here")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield launched
        launched.close()


def make_report(program, folder):
    """A report about 64 real runs, with an image for each example, two of which are copies."""
    runs = folder / "runs"
    runs.mkdir()
    for name in ["log.pt", "labels.npy", "labels_train.npy"]:
        shutil.copy(FIXTURE / name, runs / name)
    numbers = np.random.default_rng(1)
    patterns = numbers.integers(0, 256, (10, 16, 16))
    for name, labels in [("images", "labels"), ("images_train", "labels_train")]:
        drawn = patterns[np.load(runs / f"{labels}.npy")]
        images = (drawn + numbers.integers(0, 256, drawn.shape)) // 2
        np.save(runs / f"{name}.npy", images.astype(np.uint8))
    test, train = np.load(runs / "images.npy"), np.load(runs / "images_train.npy")
    test[7], train[8] = train[100], train[200]
    np.save(runs / "images.npy", test)
    np.save(runs / "images_train.npy", train)
    names = ["T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"]
    page = folder / "report.html"
    subprocess.run(
        [program, "report", runs, "-o", page, "--class-names", ",".join(names)], check=True, capture_output=True
    )
    return page


@pytest.fixture(scope="session")
def report(program, tmp_path_factory):
    return make_report(program, tmp_path_factory.mktemp("report"))


class Explorer:
    """A running `explore`; `address` is that of its first page."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen(
            [program, "explore", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.address = self.process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/[0-9a-f]{32}/", self.address), self.process.communicate()

    def end(self):
        """Ends it as Ctrl-C does, if it has not ended yet; its messages."""
        if self.process.returncode is not None:
            return ""
        self.process.send_signal(2)
        try:
            _, messages = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        assert self.process.returncode == 0, messages
        return messages


@pytest.fixture
def explorer(program, report, tmp_path):
    """An explorer of a copy of the report, so that no test sees what another has decided."""
    shutil.copytree(report.parent / "report_files", tmp_path / "report_files")
    running = Explorer(program, tmp_path / "report_files")
    running.folder = tmp_path / "report_files"
    yield running
    running.end()
