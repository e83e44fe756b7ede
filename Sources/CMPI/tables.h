/* The tables of functions that CMPIChoose chooses from. */
#pragma once
#include "CMPI.h"

extern const CMPIFunctions CMPILibraryFunctions;
extern const CMPIFunctions CMPIAloneFunctions;

/* The table of a file: of its codes MPI_ERR_COUNT and MPI_ERR_OTHER, and its functions, which have the names of the
   entries. */
#define CMPI_TABLE_OF(count_code, other_code)                                                                          \
    {.byte_count = sizeof(CMPIFunctions),                                                                              \
     .error_count = (count_code),                                                                                      \
     .error_other = (other_code),                                                                                      \
     .error_string = error_string,                                                                                     \
     .initialized = initialized,                                                                                       \
     .finalized = finalized,                                                                                           \
     .init_funneled = init_funneled,                                                                                   \
     .finalize = finalize,                                                                                             \
     .abort = abort_all,                                                                                               \
     .world = world,                                                                                                   \
     .this_process = this_process,                                                                                     \
     .comm_return_errors = comm_return_errors,                                                                         \
     .comm_rank = comm_rank,                                                                                           \
     .comm_size = comm_size,                                                                                           \
     .comm_split = comm_split,                                                                                         \
     .comm_split_shared = comm_split_shared,                                                                           \
     .comm_free = comm_free,                                                                                           \
     .send = send,                                                                                                     \
     .isend = isend,                                                                                                   \
     .irecv = irecv,                                                                                                   \
     .wait = wait,                                                                                                     \
     .test = test,                                                                                                     \
     .cancel = cancel,                                                                                                 \
     .barrier = barrier,                                                                                               \
     .bcast = bcast,                                                                                                   \
     .reduce = reduce,                                                                                                 \
     .ireduce = ireduce,                                                                                               \
     .allreduce = allreduce,                                                                                           \
     .iallreduce = iallreduce,                                                                                         \
     .reduce_scatter = reduce_scatter,                                                                                 \
     .gatherv = gatherv,                                                                                               \
     .allgatherv = allgatherv,                                                                                         \
     .allgatherv_in_place = allgatherv_in_place,                                                                       \
     .scatterv = scatterv,                                                                                             \
     .alltoallv = alltoallv}
