"""OpenBLAS on processors that are newer than it is: it takes them for old ones, and is up to five times as slow."""

import contextlib
import ctypes
import os
import subprocess
import sys
from pathlib import Path

from .machine import instructions

# Kernels without AVX2 that it has been seen to choose on processors with AVX-512.
OLD = ("Prescott", "Barcelona")


def choose_kernels():
    """Sets OPENBLAS_CORETYPE, for this program as for the others, where an OpenBLAS that one of them uses would run old
    kernels on a processor with AVX2. What is set already stays."""
    if "OPENBLAS_CORETYPE" in os.environ or "avx2" not in instructions():
        return
    bundled = [path for folder in sys.path for path in Path(folder).glob("*.libs/lib*openblas*.so")]
    if any(_kernels(library) in OLD for library in ["libopenblas.so.0", *bundled]):
        os.environ["OPENBLAS_CORETYPE"] = "SkylakeX" if "avx512f" in instructions() else "Haswell"
        print(f"bench: OpenBLAS does not know this processor: OPENBLAS_CORETYPE={os.environ['OPENBLAS_CORETYPE']}")


def _kernels(library):
    """Whose kernels the library chooses, asked in a process of its own; None where it does not say."""
    asked = subprocess.run(
        [sys.executable, "-m", "benchmark.openblas", f"{library}"], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or None


if __name__ == "__main__":
    library = Path(sys.argv[1])
    # Wheels bring libraries that theirs need, under names of their own: each is opened once those it needs are.
    missing = [other for other in library.parent.glob("*.so*") if other != library] if library.is_absolute() else []
    for _ in list(missing):
        for other in missing:
            with contextlib.suppress(OSError):
                ctypes.CDLL(str(other), mode=ctypes.RTLD_GLOBAL)
    openblas = ctypes.CDLL(sys.argv[1])
    names = ("openblas_get_corename", "scipy_openblas_get_corename64_")
    asked = next(getattr(openblas, name) for name in names if hasattr(openblas, name))
    asked.restype = ctypes.c_char_p
    print(asked().decode())
