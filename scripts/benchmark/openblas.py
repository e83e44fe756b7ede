"""OpenBLAS on processors that are newer than it is: it takes them for the oldest that it knows, five times as slow."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

from .machine import instructions

OLDEST = "Prescott"


def choose_kernels():
    """Sets OPENBLAS_CORETYPE, for this program as for the others, where an OpenBLAS that one of them uses would run the
    kernels of its oldest processor on one with AVX2. What is set already stays."""
    if "OPENBLAS_CORETYPE" in os.environ or "avx2" not in instructions():
        return
    bundled = [path for folder in sys.path for path in Path(folder).glob("*.libs/libopenblas*.so")]
    if any(_kernels(library) == OLDEST for library in ["libopenblas.so.0", *bundled]):
        os.environ["OPENBLAS_CORETYPE"] = "SkylakeX" if "avx512f" in instructions() else "Haswell"
        print(f"bench: OpenBLAS does not know this processor: OPENBLAS_CORETYPE={os.environ['OPENBLAS_CORETYPE']}")


def _kernels(library):
    """Whose kernels the library chooses, asked in a process of its own; None where it does not say."""
    asked = subprocess.run(
        [sys.executable, "-m", "benchmark.openblas", f"{library}"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or None


if __name__ == "__main__":
    openblas = ctypes.CDLL(sys.argv[1])
    openblas.openblas_get_corename.restype = ctypes.c_char_p
    print(openblas.openblas_get_corename().decode())
