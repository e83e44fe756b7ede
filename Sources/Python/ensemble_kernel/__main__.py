"""`python -m ensemble_kernel` is the program ensemble-kernel-mpi."""

from ._program import main

main()
