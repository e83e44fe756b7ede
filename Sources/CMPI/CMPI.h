/* The only file that includes <mpi.h>. MPI's macros become typed inline functions and its handles structs, so that
   Swift sees the same types whether a handle is a pointer (Open MPI) or an integer (MPICH). Each function calls the
   MPI function of the same name and returns its code unchanged; MessagePassing checks it. */
#pragma once
#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct {
    MPI_Comm handle;
} CMPICommunicator;
typedef struct {
    MPI_Request handle;
} CMPIRequest;

typedef enum __attribute__((enum_extensibility(closed))) {
    CMPIDatatypeInt8,
    CMPIDatatypeUInt8,
    CMPIDatatypeInt16,
    CMPIDatatypeInt32,
    CMPIDatatypeInt64,
    CMPIDatatypeFloat,
    CMPIDatatypeDouble,
} CMPIDatatype;

typedef enum __attribute__((enum_extensibility(closed))) {
    CMPIOperationSum,
    CMPIOperationProduct,
    CMPIOperationMin,
    CMPIOperationMax,
} CMPIOperation;

static inline MPI_Datatype CMPIHandleOfDatatype(CMPIDatatype datatype) {
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

static inline MPI_Op CMPIHandleOfOperation(CMPIOperation operation) {
    switch (operation) {
    case CMPIOperationSum: return MPI_SUM;
    case CMPIOperationProduct: return MPI_PROD;
    case CMPIOperationMin: return MPI_MIN;
    case CMPIOperationMax: return MPI_MAX;
    }
    return MPI_OP_NULL;
}

/* Codes and limits */

static inline int CMPISuccess(void) { return MPI_SUCCESS; }
static inline int CMPIErrorCount(void) { return MPI_ERR_COUNT; }
static inline int CMPIErrorOther(void) { return MPI_ERR_OTHER; }
static inline int CMPIMaximumErrorString(void) { return MPI_MAX_ERROR_STRING; }

static inline int CMPI_Error_string(int code, char *text, int *length) { return MPI_Error_string(code, text, length); }

/* Session */

static inline int CMPI_Initialized(bool *initialized) {
    int flag = 0;
    int code = MPI_Initialized(&flag);
    *initialized = flag != 0;
    return code;
}

static inline int CMPI_Finalized(bool *finalized) {
    int flag = 0;
    int code = MPI_Finalized(&flag);
    *finalized = flag != 0;
    return code;
}

static inline int CMPI_Init_thread_funneled(bool *funneled) {
    int provided = MPI_THREAD_SINGLE;
    int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
    *funneled = provided >= MPI_THREAD_FUNNELED;
    return code;
}

static inline int CMPI_Finalize(void) { return MPI_Finalize(); }

static inline int CMPI_Abort(CMPICommunicator communicator, int exit_code) {
    return MPI_Abort(communicator.handle, exit_code);
}

/* Communicators */

static inline CMPICommunicator CMPIWorld(void) { return (CMPICommunicator){MPI_COMM_WORLD}; }
static inline CMPICommunicator CMPISelf(void) { return (CMPICommunicator){MPI_COMM_SELF}; }
static inline bool CMPIIsNull(CMPICommunicator communicator) { return communicator.handle == MPI_COMM_NULL; }
static inline int CMPIUndefinedColor(void) { return MPI_UNDEFINED; }

static inline int CMPI_Comm_set_errhandler_return(CMPICommunicator communicator) {
    return MPI_Comm_set_errhandler(communicator.handle, MPI_ERRORS_RETURN);
}

static inline int CMPI_Comm_rank(CMPICommunicator communicator, int *rank) {
    return MPI_Comm_rank(communicator.handle, rank);
}

static inline int CMPI_Comm_size(CMPICommunicator communicator, int *size) {
    return MPI_Comm_size(communicator.handle, size);
}

static inline int CMPI_Comm_split(CMPICommunicator communicator, int color, int key, CMPICommunicator *part) {
    return MPI_Comm_split(communicator.handle, color, key, &part->handle);
}

static inline int CMPI_Comm_split_type_shared(CMPICommunicator communicator, int key, CMPICommunicator *part) {
    return MPI_Comm_split_type(communicator.handle, MPI_COMM_TYPE_SHARED, key, MPI_INFO_NULL, &part->handle);
}

static inline int CMPI_Comm_free(CMPICommunicator communicator) { return MPI_Comm_free(&communicator.handle); }

/* Point to point. Blocking receives are not wrapped: MPI_Irecv and MPI_Wait do the same. */

static inline int CMPI_Send(const void *buffer, int count, CMPIDatatype datatype, int destination, int tag,
                            CMPICommunicator communicator) {
    return MPI_Send(buffer, count, CMPIHandleOfDatatype(datatype), destination, tag, communicator.handle);
}

static inline int CMPI_Isend(const void *buffer, int count, CMPIDatatype datatype, int destination, int tag,
                             CMPICommunicator communicator, CMPIRequest *request) {
    return MPI_Isend(buffer, count, CMPIHandleOfDatatype(datatype), destination, tag, communicator.handle,
                     &request->handle);
}

static inline int CMPI_Irecv(void *buffer, int count, CMPIDatatype datatype, int source, int tag,
                             CMPICommunicator communicator, CMPIRequest *request) {
    return MPI_Irecv(buffer, count, CMPIHandleOfDatatype(datatype), source, tag, communicator.handle, &request->handle);
}

/* Requests. `received` is the number of elements received; it is meaningful for receives only. */

static inline CMPIRequest CMPINullRequest(void) { return (CMPIRequest){MPI_REQUEST_NULL}; }

static inline int CMPI_Wait(CMPIRequest *request, CMPIDatatype datatype, int *received) {
    MPI_Status status;
    int code = MPI_Wait(&request->handle, &status);
    if (code != MPI_SUCCESS) return code;
    return MPI_Get_count(&status, CMPIHandleOfDatatype(datatype), received);
}

static inline int CMPI_Test(CMPIRequest *request, CMPIDatatype datatype, bool *complete, int *received) {
    MPI_Status status;
    int flag = 0;
    int code = MPI_Test(&request->handle, &flag, &status);
    *complete = flag != 0;
    if (code != MPI_SUCCESS || !flag) return code;
    return MPI_Get_count(&status, CMPIHandleOfDatatype(datatype), received);
}

static inline int CMPI_Cancel(CMPIRequest *request) { return MPI_Cancel(&request->handle); }

/* Collectives. Reductions are in place: each rank's buffer holds its values before and the result after the call.
   Equal parts also go through the variants with counts, so that there is one function per collective. */

static inline int CMPI_Barrier(CMPICommunicator communicator) { return MPI_Barrier(communicator.handle); }

static inline int CMPI_Bcast(void *buffer, int count, CMPIDatatype datatype, int root, CMPICommunicator communicator) {
    return MPI_Bcast(buffer, count, CMPIHandleOfDatatype(datatype), root, communicator.handle);
}

static inline int CMPI_Reduce(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation, bool is_root,
                              int root, CMPICommunicator communicator) {
    return MPI_Reduce(is_root ? MPI_IN_PLACE : buffer, is_root ? buffer : NULL, count, CMPIHandleOfDatatype(datatype),
                      CMPIHandleOfOperation(operation), root, communicator.handle);
}

static inline int CMPI_Ireduce(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation, bool is_root,
                               int root, CMPICommunicator communicator, CMPIRequest *request) {
    return MPI_Ireduce(is_root ? MPI_IN_PLACE : buffer, is_root ? buffer : NULL, count, CMPIHandleOfDatatype(datatype),
                       CMPIHandleOfOperation(operation), root, communicator.handle, &request->handle);
}

static inline int CMPI_Allreduce(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation,
                                 CMPICommunicator communicator) {
    return MPI_Allreduce(MPI_IN_PLACE, buffer, count, CMPIHandleOfDatatype(datatype), CMPIHandleOfOperation(operation),
                         communicator.handle);
}

static inline int CMPI_Iallreduce(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation,
                                  CMPICommunicator communicator, CMPIRequest *request) {
    return MPI_Iallreduce(MPI_IN_PLACE, buffer, count, CMPIHandleOfDatatype(datatype), CMPIHandleOfOperation(operation),
                          communicator.handle, &request->handle);
}

static inline int CMPI_Reduce_scatter(const void *values, void *result, const int *counts, CMPIDatatype datatype,
                                      CMPIOperation operation, CMPICommunicator communicator) {
    return MPI_Reduce_scatter(values, result, counts, CMPIHandleOfDatatype(datatype), CMPIHandleOfOperation(operation),
                              communicator.handle);
}

static inline int CMPI_Gatherv(const void *values, int count, void *result, const int *counts, const int *displacements,
                               CMPIDatatype datatype, int root, CMPICommunicator communicator) {
    MPI_Datatype type = CMPIHandleOfDatatype(datatype);
    return MPI_Gatherv(values, count, type, result, counts, displacements, type, root, communicator.handle);
}

static inline int CMPI_Allgatherv(const void *values, int count, void *result, const int *counts,
                                  const int *displacements, CMPIDatatype datatype, CMPICommunicator communicator) {
    MPI_Datatype type = CMPIHandleOfDatatype(datatype);
    return MPI_Allgatherv(values, count, type, result, counts, displacements, type, communicator.handle);
}

/* Each rank's own part is already in the result. */
static inline int CMPI_AllgathervInPlace(void *result, const int *counts, const int *displacements,
                                         CMPIDatatype datatype, CMPICommunicator communicator) {
    return MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_DATATYPE_NULL, result, counts, displacements,
                          CMPIHandleOfDatatype(datatype), communicator.handle);
}

static inline int CMPI_Scatterv(const void *values, const int *counts, const int *displacements, void *result,
                                int count, CMPIDatatype datatype, int root, CMPICommunicator communicator) {
    MPI_Datatype type = CMPIHandleOfDatatype(datatype);
    return MPI_Scatterv(values, counts, displacements, type, result, count, type, root, communicator.handle);
}

static inline int CMPI_Alltoallv(const void *values, const int *send_counts, const int *send_displacements,
                                 void *result, const int *receive_counts, const int *receive_displacements,
                                 CMPIDatatype datatype, CMPICommunicator communicator) {
    MPI_Datatype type = CMPIHandleOfDatatype(datatype);
    return MPI_Alltoallv(values, send_counts, send_displacements, type, result, receive_counts, receive_displacements,
                         type, communicator.handle);
}
