"""oneDNN's own rate of int8 products, through its C interface.

    python -m benchmark.onednn ROWS COLUMNS DEPTH

says "ready" when its matrices are made, waits for a line of input, and then prints operations a second.
"""

import ctypes
import subprocess
import sys
import time
from statistics import median

from .methods import environment

LIBRARY = "libdnnl.so.2"
COLUMNS = 1_024
SECONDS = 1.5


def rates(size, threads, repeats):
    """Operations a second on products of the test rows with 1,024 columns, in all: by as many processes with a thread
    each as there are threads, at once, and by one process; medians. Raises OSError where there is no oneDNN."""
    ctypes.CDLL(LIBRARY)
    shape = (size.test, COLUMNS, size.runs * size.classes)
    ways = {"processes_of_one_thread": (threads, 1), "one_process": (1, threads)}
    measured = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            measured[name].append(sum(_at_once(shape, *way)))
    return {
        "library": LIBRARY,
        "shape": shape,
        **{name: median(values) for name, values in measured.items()},
        "rounds": measured,
    }


def _at_once(shape, processes, threads):
    """The rate of each of so many processes that multiply at the same time."""
    command = [sys.executable, "-m", "benchmark.onednn", *map(str, shape)]
    started = [
        subprocess.Popen(command, env=environment(threads), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    for process in started:
        process.stdout.readline()
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    return [float(process.communicate()[0]) for process in started]


def _product(rows, columns, depth):
    """A function that multiplies int8 matrices: left (depth, rows) transposed by right (depth, columns)."""
    import numpy as np

    numbers = np.random.default_rng(1)
    # Processors without VNNI add two products in 16 bits.
    left = numbers.integers(-63, 64, (depth, rows), dtype=np.int8)
    right = numbers.integers(-63, 64, (depth, columns), dtype=np.int8)
    result = np.zeros((rows, columns), dtype=np.int32)
    offset = ctypes.c_int32(0)
    multiply = ctypes.CDLL(LIBRARY).dnnl_gemm_s8s8s32
    size, byte, pointer = ctypes.c_int64, ctypes.c_int8, ctypes.c_void_p

    def run():
        status = multiply(
            ctypes.c_char(b"T"),
            ctypes.c_char(b"N"),
            ctypes.c_char(b"F"),
            size(rows),
            size(columns),
            size(depth),
            ctypes.c_float(1),
            pointer(left.ctypes.data),
            size(rows),
            byte(0),
            pointer(right.ctypes.data),
            size(columns),
            byte(0),
            ctypes.c_float(0),
            pointer(result.ctypes.data),
            size(columns),
            ctypes.byref(offset),
        )
        if status != 0:
            raise RuntimeError(f"dnnl_gemm_s8s8s32 returned {status}")

    run()
    expected = left[:, :2].T.astype(np.int64) @ right[:, :2].astype(np.int64)
    if not np.array_equal(result[:2, :2], expected):
        raise RuntimeError("dnnl_gemm_s8s8s32 gave another product")
    return run


def main(rows, columns, depth):
    """Multiplies for some seconds and prints the rate."""
    product = _product(rows, columns, depth)
    print("ready", flush=True)
    sys.stdin.readline()
    start = time.perf_counter()
    count = 0
    while time.perf_counter() - start < SECONDS:
        product()
        count += 1
    print(2 * rows * columns * depth * count / (time.perf_counter() - start))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
