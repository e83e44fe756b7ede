/* The MPI library that the program is linked to, as pkg-config knows it. Only CMPI includes it. */
#pragma once
#include <mpi.h>
