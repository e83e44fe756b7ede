/* MPI for one process that no launcher started: a world of one rank. Collectives copy at most; a message to itself
   waits in a list until it is received. One thread calls this, as of MPI; only `abort` may be called by another. */
#include "tables.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { Success = 0, Truncated = 1, Count = 2, NoSuchRank = 3, NeverSent = 4, NoMemory = 5, Other = 16 };

static int error_string(int code, char *text, size_t capacity) {
    const char *words = "unknown error";
    switch (code) {
    case Success: words = "success"; break;
    case Truncated: words = "the message is longer than the buffer"; break;
    case Count: words = "wrong count"; break;
    case NoSuchRank: words = "this process is alone: there is rank 0 only"; break;
    case NeverSent: words = "this process is alone and waits for a message that it has not sent"; break;
    case NoMemory: words = "there is no memory for a message"; break;
    }
    snprintf(text, capacity, "%s", words);
    return Success;
}

static size_t size_of(CMPIDatatype datatype) {
    switch (datatype) {
    case CMPIDatatypeInt8:
    case CMPIDatatypeUInt8: return 1;
    case CMPIDatatypeInt16: return 2;
    case CMPIDatatypeInt32:
    case CMPIDatatypeFloat: return 4;
    case CMPIDatatypeInt64:
    case CMPIDatatypeDouble: return 8;
    }
    return 0;
}

/* Session */

static bool is_initialized, is_finalized;

static int initialized(bool *initialized) {
    *initialized = is_initialized;
    return Success;
}

static int finalized(bool *finalized) {
    *finalized = is_finalized;
    return Success;
}

static int init_funneled(bool *funneled) {
    is_initialized = true;
    *funneled = true;
    return Success;
}

static int finalize(void) {
    is_finalized = true;
    return Success;
}

static int abort_all(CMPICommunicator communicator, int exit_code) {
    (void)communicator;
    _exit(exit_code);
}

/* Communicators: numbered, so that a message sent in one is not received in another. */

static uintptr_t last_communicator = 1;

static CMPICommunicator world(void) { return (CMPICommunicator){0}; }
static CMPICommunicator this_process(void) { return (CMPICommunicator){1}; }

static int comm_return_errors(CMPICommunicator communicator) {
    (void)communicator;
    return Success;
}

static int comm_rank(CMPICommunicator communicator, int *rank) {
    (void)communicator;
    *rank = 0;
    return Success;
}

static int comm_size(CMPICommunicator communicator, int *size) {
    (void)communicator;
    *size = 1;
    return Success;
}

static int comm_split_shared(CMPICommunicator communicator, int key, CMPICommunicator *part) {
    (void)communicator, (void)key;
    part->handle = ++last_communicator;
    return Success;
}

static int comm_split(CMPICommunicator communicator, int color, int key, CMPICommunicator *part, bool *joined) {
    *joined = color >= 0;
    return *joined ? comm_split_shared(communicator, key, part) : Success;
}

static int comm_free(CMPICommunicator communicator) {
    (void)communicator;
    return Success;
}

/* Point to point: messages that nobody has received, and receives that have no message, each in the order made. */

typedef struct Message {
    struct Message *next;
    uintptr_t communicator;
    int tag, count;
    /* Of a message its own memory; of a receive its caller's. */
    void *bytes;
    /* What became of a receive: `is_complete`, its code, and the number of elements in `count`. */
    bool is_complete;
    int code;
} Message;

static Message *unreceived, *unsent;

static Message *new_message(CMPICommunicator communicator, int tag, int count) {
    Message *message = calloc(1, sizeof *message);
    if (message) *message = (Message){.communicator = communicator.handle, .tag = tag, .count = count};
    return message;
}

static void append(Message **list, Message *message) {
    while (*list) list = &(*list)->next;
    *list = message;
}

static void unlink_message(Message **list, const Message *message) {
    while (*list && *list != message) list = &(*list)->next;
    if (*list) *list = message->next;
}

/* Takes the first of a list with a communicator and tag. */
static Message *take(Message **list, CMPICommunicator communicator, int tag) {
    while (*list && ((*list)->communicator != communicator.handle || (*list)->tag != tag)) list = &(*list)->next;
    Message *found = *list;
    if (found) *list = found->next;
    return found;
}

static void copy(void *to, const void *from, size_t byte_count) {
    if (byte_count > 0) memmove(to, from, byte_count);
}

static void complete(Message *receive, const void *bytes, int count, CMPIDatatype datatype) {
    int fitting = count < receive->count ? count : receive->count;
    copy(receive->bytes, bytes, (size_t)fitting * size_of(datatype));
    receive->code = count > receive->count ? Truncated : Success;
    receive->count = fitting;
    receive->is_complete = true;
}

static int send(const void *buffer, int count, CMPIDatatype datatype, int destination, int tag,
                CMPICommunicator communicator) {
    if (destination != 0) return NoSuchRank;
    Message *receive = take(&unsent, communicator, tag);
    if (receive) {
        complete(receive, buffer, count, datatype);
        return Success;
    }
    Message *message = new_message(communicator, tag, count);
    size_t byte_count = (size_t)count * size_of(datatype);
    if (message) message->bytes = malloc(byte_count + 1);
    if (!message || !message->bytes) {
        free(message);
        return NoMemory;
    }
    copy(message->bytes, buffer, byte_count);
    append(&unreceived, message);
    return Success;
}

static int isend(const void *buffer, int count, CMPIDatatype datatype, int destination, int tag,
                 CMPICommunicator communicator, CMPIRequest *request) {
    request->handle = 0;
    return send(buffer, count, datatype, destination, tag, communicator);
}

static int irecv(void *buffer, int count, CMPIDatatype datatype, int source, int tag, CMPICommunicator communicator,
                 CMPIRequest *request) {
    if (source != 0) return NoSuchRank;
    Message *receive = new_message(communicator, tag, count);
    if (!receive) return NoMemory;
    receive->bytes = buffer;
    request->handle = (uintptr_t)receive;
    Message *message = take(&unreceived, communicator, tag);
    if (message) {
        complete(receive, message->bytes, message->count, datatype);
        free(message->bytes);
        free(message);
    } else {
        append(&unsent, receive);
    }
    return Success;
}

/* Requests: a receive, or 0 for what is done at once. */

static int test(CMPIRequest *request, CMPIDatatype datatype, bool *is_done, int *received) {
    (void)datatype;
    Message *receive = (Message *)request->handle;
    *received = 0;
    *is_done = !receive || receive->is_complete;
    if (!receive || !*is_done) return Success;
    int code = receive->code;
    *received = receive->count;
    free(receive);
    request->handle = 0;
    return code;
}

static int wait(CMPIRequest *request, CMPIDatatype datatype, int *received) {
    bool is_done = false;
    int code = test(request, datatype, &is_done, received);
    return is_done ? code : NeverSent;
}

static int cancel(CMPIRequest *request) {
    Message *receive = (Message *)request->handle;
    if (!receive || receive->is_complete) return Success;
    unlink_message(&unsent, receive);
    receive->count = 0;
    receive->is_complete = true;
    return Success;
}

/* Collectives */

static int barrier(CMPICommunicator communicator) {
    (void)communicator;
    return Success;
}

static int of_root(int root) { return root == 0 ? Success : NoSuchRank; }

static int bcast(void *buffer, int count, CMPIDatatype datatype, int root, CMPICommunicator communicator) {
    (void)buffer, (void)count, (void)datatype, (void)communicator;
    return of_root(root);
}

static int allreduce(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation,
                     CMPICommunicator communicator) {
    (void)buffer, (void)count, (void)datatype, (void)operation, (void)communicator;
    return Success;
}

static int iallreduce(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation,
                      CMPICommunicator communicator, CMPIRequest *request) {
    request->handle = 0;
    return allreduce(buffer, count, datatype, operation, communicator);
}

static int reduce(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation, bool is_root, int root,
                  CMPICommunicator communicator) {
    (void)buffer, (void)count, (void)datatype, (void)operation, (void)is_root, (void)communicator;
    return of_root(root);
}

static int ireduce(void *buffer, int count, CMPIDatatype datatype, CMPIOperation operation, bool is_root, int root,
                   CMPICommunicator communicator, CMPIRequest *request) {
    request->handle = 0;
    return reduce(buffer, count, datatype, operation, is_root, root, communicator);
}

static int reduce_scatter(const void *values, void *result, const int *counts, CMPIDatatype datatype,
                          CMPIOperation operation, CMPICommunicator communicator) {
    (void)operation, (void)communicator;
    copy(result, values, (size_t)counts[0] * size_of(datatype));
    return Success;
}

/* The part of a buffer that begins `displacement` elements after its start. */
static char *part(const void *buffer, int displacement, CMPIDatatype datatype) {
    return (char *)buffer + (size_t)displacement * size_of(datatype);
}

static int alltoallv(const void *values, const int *send_counts, const int *send_displacements, void *result,
                     const int *receive_counts, const int *receive_displacements, CMPIDatatype datatype,
                     CMPICommunicator communicator) {
    (void)communicator;
    if (send_counts[0] > receive_counts[0]) return Truncated;
    copy(part(result, receive_displacements[0], datatype), part(values, send_displacements[0], datatype),
         (size_t)send_counts[0] * size_of(datatype));
    return Success;
}

static int allgatherv(const void *values, int count, void *result, const int *counts, const int *displacements,
                      CMPIDatatype datatype, CMPICommunicator communicator) {
    const int start = 0;
    return alltoallv(values, &count, &start, result, counts, displacements, datatype, communicator);
}

static int allgatherv_in_place(void *result, const int *counts, const int *displacements, CMPIDatatype datatype,
                               CMPICommunicator communicator) {
    (void)result, (void)counts, (void)displacements, (void)datatype, (void)communicator;
    return Success;
}

static int gatherv(const void *values, int count, void *result, const int *counts, const int *displacements,
                   CMPIDatatype datatype, int root, CMPICommunicator communicator) {
    if (root != 0) return NoSuchRank;
    return allgatherv(values, count, result, counts, displacements, datatype, communicator);
}

static int scatterv(const void *values, const int *counts, const int *displacements, void *result, int count,
                    CMPIDatatype datatype, int root, CMPICommunicator communicator) {
    const int start = 0;
    if (root != 0) return NoSuchRank;
    return alltoallv(values, counts, displacements, result, &count, &start, datatype, communicator);
}

const CMPIFunctions CMPIAloneFunctions = CMPI_TABLE_OF(Count, Other);
