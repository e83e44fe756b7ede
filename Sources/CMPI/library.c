/* The functions of an MPI library. A release has this file compiled against each kind of library, as a shared object of
   its own; for another library compile it with that one's mpicc:

       mpicc -O2 -fPIC -shared -I include library.c -o mpi-other.so */
#if defined(__linux__)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#endif
#include "tables.h"
#include <mpi.h>
#include <stdio.h>
#include <string.h>

static MPI_Datatype type_of(CMPIDatatype datatype) {
    switch (datatype) {
    case CMPIDatatypeInt8: return MPI_INT8_T;
    case CMPIDatatypeUInt8: return MPI_UINT8_T;
    case CMPIDatatypeInt16: return MPI_INT16_T;
    case CMPIDatatypeInt32: return MPI_INT32_T;
    case CMPIDatatypeInt64: return MPI_INT64_T;
    case CMPIDatatypeFloat: return MPI_FLOAT;
    case CMPIDatatypeDouble: return MPI_DOUBLE;
    }
    return MPI_DATATYPE_NULL;
}

static MPI_Op op_of(CMPIOperation operation) {
    switch (operation) {
    case CMPIOperationSum: return MPI_SUM;
    case CMPIOperationProduct: return MPI_PROD;
    case CMPIOperationMin: return MPI_MIN;
    case CMPIOperationMax: return MPI_MAX;
    }
    return MPI_OP_NULL;
}

static MPI_Comm comm_of(CMPICommunicator communicator) { return (MPI_Comm)communicator.handle; }

static int error_string(int code, char *text, size_t capacity) {
    char whole[MPI_MAX_ERROR_STRING + 1] = "";
    int length = 0;
    int failure = MPI_Error_string(code, whole, &length);
    snprintf(text, capacity, "%s", whole);
    return failure;
}

static int initialized(bool *initialized) {
    int flag = 0;
    int code = MPI_Initialized(&flag);
    *initialized = flag != 0;
    return code;
}

static int finalized(bool *finalized) {
    int flag = 0;
    int code = MPI_Finalized(&flag);
    *finalized = flag != 0;
    return code;
}

static int init_funneled(bool *funneled) {
    int provided = MPI_THREAD_SINGLE;
    int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    *funneled = provided >= MPI_THREAD_FUNNELED;
    return code;
}

#if defined(__linux__)
enum { MOST_KEPT = 64 };

typedef struct {
    const char *paths[MOST_KEPT];
    size_t count;
} Objects;

static int note_pmix(struct dl_phdr_info *object, size_t size, void *to) {
    Objects *objects = to;
    (void)size;
    if (object->dlpi_name && strstr(object->dlpi_name, "pmix") && objects->count < MOST_KEPT)
        objects->paths[objects->count++] = object->dlpi_name;
    return 0;
}

/* Open MPI unloads PMIx in MPI_Finalize, also if PMIx's own thread is still at work: on a loaded machine (Open MPI 4.1,
   PMIx 4.2) two ranks in some ten thousand jobs jumped into it after that, and crashed with all their work done. */
static void keep_pmix_loaded(void) {
    Objects objects = {.count = 0};
    dl_iterate_phdr(note_pmix, &objects);
    for (size_t i = 0; i < objects.count; i++) dlopen(objects.paths[i], RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}
#else
static void keep_pmix_loaded(void) {}
#endif

static int finalize(void) {
    keep_pmix_loaded();
    return MPI_Finalize();
}

static int abort_all(CMPICommunicator communicator, int exit_code) {
    return MPI_Abort(comm_of(communicator), exit_code);
}

static CMPICommunicator world(void) { return (CMPICommunicator){(uintptr_t)MPI_COMM_WORLD}; }
static CMPICommunicator this_process(void) { return (CMPICommunicator){(uintptr_t)MPI_COMM_SELF}; }

static int comm_return_errors(CMPICommunicator communicator) {
    return MPI_Comm_set_errhandler(comm_of(communicator), MPI_ERRORS_RETURN);
}

static int comm_rank(CMPICommunicator communicator, int *rank) { return MPI_Comm_rank(comm_of(communicator), rank); }
static int comm_size(CMPICommunicator communicator, int *size) { return MPI_Comm_size(comm_of(communicator), size); }

static int comm_split(CMPICommunicator communicator, int color, int key, CMPICommunicator *part, bool *joined) {
    MPI_Comm made = MPI_COMM_NULL;
    int code = MPI_Comm_split(comm_of(communicator), color < 0 ? MPI_UNDEFINED : color, key, &made);
    part->handle = (uintptr_t)made;
    *joined = made != MPI_COMM_NULL;
    return code;
}

static int comm_split_shared(CMPICommunicator communicator, int key, CMPICommunicator *part) {
    MPI_Comm made = MPI_COMM_NULL;
    int code = MPI_Comm_split_type(comm_of(communicator), MPI_COMM_TYPE_SHARED, key, MPI_INFO_NULL, &made);
    part->handle = (uintptr_t)made;
    return code;
}

static int comm_free(CMPICommunicator communicator) {
    MPI_Comm handle = comm_of(communicator);
    return MPI_Comm_free(&handle);
}

static int send(const void *buffer, int count, CMPIDatatype datatype, int destination, int tag,
                CMPICommunicator communicator) {
    return MPI_Send(buffer, count, type_of(datatype), destination, tag, comm_of(communicator));
}

static int isend(const void *buffer, int count, CMPIDatatype datatype, int destination, int tag,
                 CMPICommunicator communicator, CMPIRequest *request) {
    MPI_Request begun = MPI_REQUEST_NULL;
    int code = MPI_Isend(buffer, count, type_of(datatype), destination, tag, comm_of(communicator), &begun);
    request->handle = (uintptr_t)begun;
    return code;
}

static int irecv(void *buffer, int count, CMPIDatatype datatype, int source, int tag, CMPICommunicator communicator,
                 CMPIRequest *request) {
    MPI_Request begun = MPI_REQUEST_NULL;
    int code = MPI_Irecv(buffer, count, type_of(datatype), source, tag, comm_of(communicator), &begun);
    request->handle = (uintptr_t)begun;
    return code;
}

static int wait(CMPIRequest *request, CMPIDatatype datatype, int *received) {
    MPI_Request begun = (MPI_Request)request->handle;
    MPI_Status status;
    int code = MPI_Wait(&begun, &status);
    request->handle = (uintptr_t)begun;
    return code != MPI_SUCCESS ? code : MPI_Get_count(&status, type_of(datatype), received);
}

static int test(CMPIRequest *request, CMPIDatatype datatype, bool *complete, int *received) {
    MPI_Request begun = (MPI_Request)request->handle;
    MPI_Status status;
    int flag = 0;
    int code = MPI_Test(&begun, &flag, &status);
    request->handle = (uintptr_t)begun;
    *complete = flag != 0;
    return code != MPI_SUCCESS || !flag ? code : MPI_Get_count(&status, type_of(datatype), received);
}

static int cancel(CMPIRequest *request) {
    MPI_Request begun = (MPI_Request)request->handle;
    return MPI_Cancel(&begun);
}

static int barrier(CMPICommunicator communicator) { return MPI_Barrier(comm_of(communicator)); }

static int bcast(void *buffer, int count, CMPIDatatype datatype, int root, CMPICommunicator communicator) {
    return MPI_Bcast(buffer, count, type_of(datatype), root, comm_of(communicator));
}

static int reduce(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation, bool is_root, int root,
                  CMPICommunicator communicator) {
    return MPI_Reduce(is_root ? MPI_IN_PLACE : buffer, is_root ? buffer : NULL, count, type_of(datatype),
                      op_of(operation), root, comm_of(communicator));
}

static int ireduce(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation, bool is_root, int root,
                   CMPICommunicator communicator, CMPIRequest *request) {
    MPI_Request begun = MPI_REQUEST_NULL;
    int code = MPI_Ireduce(is_root ? MPI_IN_PLACE : buffer, is_root ? buffer : NULL, count, type_of(datatype),
                           op_of(operation), root, comm_of(communicator), &begun);
    request->handle = (uintptr_t)begun;
    return code;
}

static int allreduce(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation,
                     CMPICommunicator communicator) {
    return MPI_Allreduce(MPI_IN_PLACE, buffer, count, type_of(datatype), op_of(operation), comm_of(communicator));
}

static int iallreduce(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation,
                      CMPICommunicator communicator, CMPIRequest *request) {
    MPI_Request begun = MPI_REQUEST_NULL;
    int code =
        MPI_Iallreduce(MPI_IN_PLACE, buffer, count, type_of(datatype), op_of(operation), comm_of(communicator), &begun);
    request->handle = (uintptr_t)begun;
    return code;
}

static int reduce_scatter(const void *values, void *result, const int *counts, CMPIDatatype datatype,
                          CMPIOperation operation, CMPICommunicator communicator) {
    return MPI_Reduce_scatter(values, result, counts, type_of(datatype), op_of(operation), comm_of(communicator));
}

static int gatherv(const void *values, int count, void *result, const int *counts, const int *displacements,
                   CMPIDatatype datatype, int root, CMPICommunicator communicator) {
    MPI_Datatype type = type_of(datatype);
    return MPI_Gatherv(values, count, type, result, counts, displacements, type, root, comm_of(communicator));
}

static int allgatherv(const void *values, int count, void *result, const int *counts, const int *displacements,
                      CMPIDatatype datatype, CMPICommunicator communicator) {
    MPI_Datatype type = type_of(datatype);
    return MPI_Allgatherv(values, count, type, result, counts, displacements, type, comm_of(communicator));
}

static int allgatherv_in_place(void *result, const int *counts, const int *displacements, CMPIDatatype datatype,
                               CMPICommunicator communicator) {
    return MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, result, counts, displacements, type_of(datatype),
                          comm_of(communicator));
}

static int scatterv(const void *values, const int *counts, const int *displacements, void *result, int count,
                    CMPIDatatype datatype, int root, CMPICommunicator communicator) {
    MPI_Datatype type = type_of(datatype);
    return MPI_Scatterv(values, counts, displacements, type, result, count, type, root, comm_of(communicator));
}

static int alltoallv(const void *values, const int *send_counts, const int *send_displacements, void *result,
                     const int *receive_counts, const int *receive_displacements, CMPIDatatype datatype,
                     CMPICommunicator communicator) {
    MPI_Datatype type = type_of(datatype);
    return MPI_Alltoallv(values, send_counts, send_displacements, type, result, receive_counts, receive_displacements,
                         type, comm_of(communicator));
}

const CMPIFunctions CMPILibraryFunctions = CMPI_TABLE_OF(MPI_ERR_COUNT, MPI_ERR_OTHER);
