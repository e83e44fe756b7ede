/* The only place that includes <mpi.h>. Its macros become typed inline functions, its handles structs,
   so that Swift sees the same types whether a handle is a pointer (Open MPI) or an integer (MPICH). */
#pragma once
#include <mpi.h>
