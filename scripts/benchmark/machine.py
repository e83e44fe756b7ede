"""What the figures were measured on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from subprocess import run

# Those that decide how fast float32 and int8 products are.
INSTRUCTIONS = ("avx2", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8")

# By these, oneDNN (here and in torch), OpenBLAS, faiss, torch, its MKL, and the loops of numpy stop at AVX2. This
# program's own loops are built so.
AT_MOST_AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2",
    "OPENBLAS_CORETYPE": "Haswell",
    "FAISS_OPT_LEVEL": "AVX2",
    "ATEN_CPU_CAPABILITY": "avx2",
    "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
}


def leave_out_avx512():
    """Makes the processes that are started from now on do without AVX-512 and VNNI."""
    os.environ.update(AT_MOST_AVX2)


def description():
    """Processor, cores, memory, and the versions of all that took part."""
    return {
        "processor": _field("/proc/cpuinfo", "model name") or platform.processor(),
        "instructions": instructions(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": {name: _version(name) for name in ("torch", "faiss-cpu", "numpy")},
        "mpi": _first_line(["mpirun", "--version"]),
        "program": _first_line(["ensemble-kernel-mpi", "--version"]),
        "environment": {
            name: value
            for name, value in os.environ.items()
            if name.startswith(("OPENBLAS_", "OMP_", "MKL_", "DNNL_")) or name in AT_MOST_AVX2
        },
    }


def instructions():
    """Those of INSTRUCTIONS that the processor has and that are used."""
    flags = (_field("/proc/cpuinfo", "flags") or "").split()
    used = INSTRUCTIONS[:1] if AT_MOST_AVX2.items() <= os.environ.items() else INSTRUCTIONS
    return [name for name in used if name in flags]


def _field(path, name):
    """The first value of that name in a file of `name: value` lines."""
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return None


def _version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _first_line(command):
    output = run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return output[0] if output else None
