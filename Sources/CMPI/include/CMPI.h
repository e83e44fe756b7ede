/* MPI as Swift sees it: a table of functions, the same whatever the MPI library. Each calls the MPI function of its
   name and returns its code; MessagePassing checks it. Three files fill such tables and choose one:

       library.c    calls an MPI library: the only file that includes <mpi.h>
       alone.c      is MPI for one process that no launcher started, without any library
       choose.c     uses the library that the program is linked to; a release is linked to none, and loads that of the
                    launcher that started it */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__has_attribute) && __has_attribute(enum_extensibility)
#define CMPI_CLOSED __attribute__((enum_extensibility(closed)))
#else
#define CMPI_CLOSED
#endif

/* Handles of the MPI library: pointers in Open MPI, integers in MPICH. */
typedef struct {
    uintptr_t handle;
} CMPICommunicator;
typedef struct {
    uintptr_t handle;
} CMPIRequest;

typedef enum CMPI_CLOSED {
    CMPIDatatypeInt8,
    CMPIDatatypeUInt8,
    CMPIDatatypeInt16,
    CMPIDatatypeInt32,
    CMPIDatatypeInt64,
    CMPIDatatypeFloat,
    CMPIDatatypeDouble,
} CMPIDatatype;

typedef enum CMPI_CLOSED {
    CMPIOperationSum,
    CMPIOperationProduct,
    CMPIOperationMin,
    CMPIOperationMax,
} CMPIOperation;

/* The code of a call that succeeded: MPI_SUCCESS, 0 in every library. */
static const int CMPISuccess = 0;

typedef struct {
    /* sizeof(CMPIFunctions): tells a table of another version. */
    size_t byte_count;
    /* MPI_ERR_COUNT and MPI_ERR_OTHER. */
    int error_count, error_other;
    /* At most `capacity` bytes of text with the zero at its end. */
    int (*error_string)(int code, char *text, size_t capacity);

    /* Session */
    int (*initialized)(bool *initialized);
    int (*finalized)(bool *finalized);
    /* MPI_Init_thread with MPI_THREAD_FUNNELED. */
    int (*init_funneled)(bool *funneled);
    int (*finalize)(void);
    int (*abort)(CMPICommunicator communicator, int exit_code);

    /* Communicators */
    CMPICommunicator (*world)(void);
    CMPICommunicator (*this_process)(void);
    int (*comm_return_errors)(CMPICommunicator communicator);
    int (*comm_rank)(CMPICommunicator communicator, int *rank);
    int (*comm_size)(CMPICommunicator communicator, int *size);
    /* A negative color joins no part. */
    int (*comm_split)(CMPICommunicator communicator, int color, int key, CMPICommunicator *part, bool *joined);
    int (*comm_split_shared)(CMPICommunicator communicator, int key, CMPICommunicator *part);
    int (*comm_free)(CMPICommunicator communicator);

    /* Point to point. Blocking receives are left out: irecv and wait do the same. */
    int (*send)(const void *buffer, int count, CMPIDatatype datatype, int destination, int tag,
                CMPICommunicator communicator);
    int (*isend)(const void *buffer, int count, CMPIDatatype datatype, int destination, int tag,
                 CMPICommunicator communicator, CMPIRequest *request);
    int (*irecv)(void *buffer, int count, CMPIDatatype datatype, int source, int tag, CMPICommunicator communicator,
                 CMPIRequest *request);

    /* Requests. `received` is the number of elements received; it is meaningful for receives only. */
    int (*wait)(CMPIRequest *request, CMPIDatatype datatype, int *received);
    int (*test)(CMPIRequest *request, CMPIDatatype datatype, bool *complete, int *received);
    int (*cancel)(CMPIRequest *request);

    /* Collectives. Reductions are in place: each rank's buffer holds its values before and the result after the call.
       Equal parts also go through the variants with counts, so that there is one function per collective. */
    int (*barrier)(CMPICommunicator communicator);
    int (*bcast)(void *buffer, int count, CMPIDatatype datatype, int root, CMPICommunicator communicator);
    int (*reduce)(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation, bool is_root, int root,
                  CMPICommunicator communicator);
    int (*ireduce)(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation, bool is_root, int root,
                   CMPICommunicator communicator, CMPIRequest *request);
    int (*allreduce)(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation,
                     CMPICommunicator communicator);
    int (*iallreduce)(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation,
                      CMPICommunicator communicator, CMPIRequest *request);
    int (*reduce_scatter)(const void *values, void *result, const int *counts, CMPIDatatype datatype,
                          CMPIOperation operation, CMPICommunicator communicator);
    int (*gatherv)(const void *values, int count, void *result, const int *counts, const int *displacements,
                   CMPIDatatype datatype, int root, CMPICommunicator communicator);
    int (*allgatherv)(const void *values, int count, void *result, const int *counts, const int *displacements,
                      CMPIDatatype datatype, CMPICommunicator communicator);
    /* Each rank's own part is already in the result. */
    int (*allgatherv_in_place)(void *result, const int *counts, const int *displacements, CMPIDatatype datatype,
                               CMPICommunicator communicator);
    int (*scatterv)(const void *values, const int *counts, const int *displacements, void *result, int count,
                    CMPIDatatype datatype, int root, CMPICommunicator communicator);
    int (*alltoallv)(const void *values, const int *send_counts, const int *send_displacements, void *result,
                     const int *receive_counts, const int *receive_displacements, CMPIDatatype datatype,
                     CMPICommunicator communicator);
} CMPIFunctions;

/* Chooses the functions of this process, once, before any is called.

   Returns false, and the reason in at most `capacity` bytes, if a launcher started this process and its library cannot
   be had. */
bool CMPIChoose(char *reason, size_t capacity);

/* The functions that CMPIChoose chose; before it, such as know nothing of other processes. */
const CMPIFunctions *CMPIChosen(void);
