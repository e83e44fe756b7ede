"""What reports and `explore` show of examples: images in arrays and files, names, texts."""

import re
import shutil
import struct
import subprocess
import zlib

import numpy as np
import pytest
from conftest import FIXTURE, Explorer
from test_explore import ask


def png(pixels):
    """The PNG file of a gray image (height, width)."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    header = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


@pytest.fixture
def runs(tmp_path):
    folder = tmp_path / "runs"
    folder.mkdir()
    for name in ["log.pt", "labels.npy", "labels_train.npy"]:
        shutil.copy(FIXTURE / name, folder / name)
    return folder


def report(program, runs):
    """The page of a report, its messages, and the folder of its tables."""
    page = runs.parent / "page.html"
    outcome = subprocess.run([program, "report", runs, "-o", page], check=False, capture_output=True, text=True)
    assert outcome.returncode == 0, outcome
    return page.read_text(), outcome.stderr, runs.parent / "page_files"


def test_images_in_files_have_their_names(program, runs):
    numbers = np.random.default_rng(0)
    files = [png(numbers.integers(0, 256, (8, 8), np.uint8)) for _ in range(2500)]
    (runs / "pictures").mkdir()
    names = [f'pictures/a "{number}", <b>.png' for number in range(2500)]
    for name, file in zip(names, files, strict=True):
        (runs / name).write_bytes(file)
    (runs / "files.txt").write_text("\r\n".join(names[:500]) + "\r\n")
    (runs / "files_train.txt").write_text("\n".join(names[500:]))
    for lost in [names[7], names[9]]:
        (runs / lost).unlink()
    (runs / names[11]).write_text("<svg onload='alert(1)'/>")
    page, messages, folder = report(program, runs)
    assert (
        messages.count("files.txt") == 1 and "files.txt: 2 of 500 files cannot be read, the first in line 8" in messages
    )
    assert "&quot;, &lt;b&gt;.png" in page and "<b>" not in page and page.count("data:image/png") > 300
    explorer = Explorer(program, folder)
    assert "2 of 500 files" not in ask(explorer, "")[2]
    for example, path in [(3, f"image/test/{3}"), (505, "image/train/5")]:
        status, headers, _ = ask(explorer, path)
        assert status == 200 and headers["Content-Type"] == "image/png"
        assert int(headers["Content-Length"]) == len(files[example])
    for path in ["image/test/7", "image/test/11"]:
        assert ask(explorer, path)[0] == 404
    listed = ask(explorer, "test?search=%22499%22")[2]
    assert re.findall(r"/test/(\d+)\?", listed) == ["499"]
    assert "&quot;, &lt;b&gt;.png" in ask(explorer, "train/5")[2]
    explorer.end()


def test_texts_stand_for_images(program, runs):
    texts = [f"<i>text</i> of {number} " + "ä" * number for number in range(2000)]
    (runs / "texts.txt").write_text("\ufeff" + "\n".join(texts[:500]) + "\n", encoding="utf-8")
    (runs / "texts_train.txt").write_text("\n".join(texts) + "\n", encoding="utf-8")
    page, messages, folder = report(program, runs)
    assert "skipped" not in messages and "<img" not in page and "<i>" not in page
    assert "&lt;i&gt;text&lt;/i&gt; of" in page and "ä…" in page
    explorer = Explorer(program, folder)
    assert texts[1999].split("</i>")[1] in ask(explorer, "train/1999")[2]
    assert re.findall(r"/train/(\d+)\?", ask(explorer, "train?search=TEXT%3C%2Fi%3E%20of%201234")[2]) == ["1234"]
    explorer.end()
    # Lists that do not match the examples are left out, which is said.
    (runs / "texts.txt").write_text("one\n")
    page, messages, _ = report(program, runs)
    assert "texts.txt has 1 line, not 500: left out" in messages


def test_what_is_gone_is_left_out_and_what_is_beside_the_tables_is_found(program, runs):
    numbers = np.random.default_rng(0)
    images = {name: numbers.random((count, 3, 8, 8)) for name, count in [("images", 500), ("images_train", 2000)]}
    for name, array in images.items():
        np.save(runs / f"{name}.npy", array)
    np.save(runs / "features.npy", numbers.random((500, 4), np.float32))
    np.save(runs / "features_train.npy", numbers.random((2000, 4), np.float32))
    page, _, folder = report(program, runs)
    assert page.count("data:image/png") > 300
    explorer = Explorer(program, folder)
    assert ask(explorer, "train/5")[2].count("<h3>") == 4
    explorer.end()
    runs.rename(runs.parent / "elsewhere")
    explorer = Explorer(program, folder)
    assert ask(explorer, "train/5")[2].count("<h3>") == 2 and "<img" not in ask(explorer, "")[2]
    messages = explorer.end()
    assert "images.npy: no such file" in messages and "features.npy: no such file" in messages
    for name in images:
        shutil.copy(runs.parent / "elsewhere" / f"{name}.npy", folder)
    explorer = Explorer(program, folder)
    assert ask(explorer, "train/5")[2].count("<h3>") == 3 and ask(explorer, "image/train/5")[0] == 200
    explorer.end()
