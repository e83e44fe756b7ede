/* Replays the messages of a job, and nothing else: the collectives of a file, a line each,

       PHASE COLLECTIVE AXIS BYTES TIMES

   on a grid of ranks whose shape the first line gives, "RUNS TRAIN". BYTES are what a rank passes to one call, as in
   bytes_communicated. The axes are world, runs, train and host, as in the documentation of the communication. Of many
   equal calls, a few are made and stand for the others. Rank 0 prints the seconds of each phase.

   Built by mpicc it measures the network of a cluster; built by SimGrid's smpicc it runs on a simulated one. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EWORLD, ERUNS, ETRAIN, EHOST, AXES };
enum { MOST_CALLS = 4 };
static const char *const AXIS_NAMES[AXES] = {"world", "runs", "train", "host"};

typedef struct {
    char phase[32], collective[32], axis[32];
    long bytes, times;
} Line;

/* An axis of ranks, and for each of them the counts and places of equal parts of a buffer. */
typedef struct {
    MPI_Comm ranks;
    int size, rank, *counts, *places;
} Axis;

/* What all calls send and receive: their contents do not matter. */
typedef struct {
    char *sent, *received;
    size_t bytes;
} Buffers;

static _Noreturn void fail(const char *what, const char *name) {
    fprintf(stderr, "message-replay: %s: %s\n", name, what);
    MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    abort();
}

static void *allocated(size_t bytes, const char *name) {
    void *memory = malloc(bytes ? bytes : 1);
    if (!memory) fail("no memory", name);
    return memory;
}

static Axis axis_of(MPI_Comm ranks) {
    Axis axis = {.ranks = ranks};
    MPI_Comm_size(ranks, &axis.size);
    MPI_Comm_rank(ranks, &axis.rank);
    axis.counts = allocated(axis.size * sizeof(int), "counts");
    axis.places = allocated(axis.size * sizeof(int), "places");
    return axis;
}

static Axis split(MPI_Comm ranks, int color, int key) {
    MPI_Comm some;
    MPI_Comm_split(ranks, color, key, &some);
    return axis_of(some);
}

/* Cuts `count` elements into equal parts. */
static void cut(Axis *axis, long count) {
    for (int part = 0; part < axis->size; part++) {
        long first = count * part / axis->size, next = count * (part + 1) / axis->size;
        axis->places[part] = (int)first;
        axis->counts[part] = (int)(next - first);
    }
}

/* The bytes that a rank receives in a call. */
static size_t received_bytes(const Line *line, const Axis *axis) {
    return line->bytes * (strcmp(line->collective, "allgather") ? 1 : axis->size);
}

static void call(const Line *line, Axis *axis, const Buffers *buffers) {
    void *sent = buffers->sent, *received = buffers->received;
    if (!strcmp(line->collective, "allreduce")) {
        MPI_Allreduce(sent, received, (int)(line->bytes / 4), MPI_INT32_T, MPI_SUM, axis->ranks);
    } else if (!strcmp(line->collective, "allgather")) {
        cut(axis, line->bytes * axis->size);
        MPI_Allgatherv(sent, axis->counts[axis->rank], MPI_BYTE, received, axis->counts, axis->places, MPI_BYTE,
                       axis->ranks);
    } else if (!strcmp(line->collective, "alltoall")) {
        cut(axis, line->bytes);
        int own = axis->counts[axis->rank];
        int *places = allocated(axis->size * sizeof(int), "places"),
            *counts = allocated(axis->size * sizeof(int), "counts");
        for (int part = 0; part < axis->size; part++) {
            counts[part] = own;
            places[part] = (int)(line->bytes / axis->size) * part;
        }
        MPI_Alltoallv(sent, axis->counts, axis->places, MPI_BYTE, received, counts, places, MPI_BYTE, axis->ranks);
        free(places);
        free(counts);
    } else if (!strcmp(line->collective, "reduce_scatter")) {
        cut(axis, line->bytes / 8);
        MPI_Reduce_scatter(sent, received, axis->counts, MPI_INT64_T, MPI_SUM, axis->ranks);
    } else {
        fail("no collective that is replayed", line->collective);
    }
}

/* The seconds of all calls of a line, until the last rank is done. */
static double seconds_of(const Line *line, Axis *axis, const Buffers *buffers) {
    long calls = line->times < MOST_CALLS ? line->times : MOST_CALLS;
    if (calls == 0 || axis->size == 1) return 0;
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    for (long made = 0; made < calls; made++) call(line, axis, buffers);
    double own = MPI_Wtime() - start, slowest;
    MPI_Allreduce(&own, &slowest, 1, MPI_DOUBLE, MPI_MAX, MPI_COMM_WORLD);
    return slowest * line->times / calls;
}

static Line *read_lines(const char *path, int shape[2], int *count) {
    FILE *file = fopen(path, "r");
    if (!file) fail("cannot be opened", path);
    if (fscanf(file, "%d %d", &shape[0], &shape[1]) != 2) fail("begins with no grid", path);
    Line *lines = NULL, line;
    for (*count = 0;
         fscanf(file, "%31s %31s %31s %ld %ld", line.phase, line.collective, line.axis, &line.bytes, &line.times) == 5;
         ++*count) {
        if (line.bytes < 0 || line.times < 0) fail("holds a negative number", path);
        lines = realloc(lines, (*count + 1) * sizeof(Line));
        if (!lines) fail("no memory", path);
        lines[*count] = line;
    }
    if (!feof(file)) fail("holds a line that is none", path);
    fclose(file);
    return lines;
}

static Axis *axis_named(const char *name, Axis axes[AXES]) {
    for (int axis = 0; axis < AXES; axis++)
        if (!strcmp(name, AXIS_NAMES[axis])) return &axes[axis];
    fail("no axis of the grid", name);
}

int main(int argc, char **argv) {
    MPI_Init(&argc, &argv);
    if (argc != 2) fail("needs a file of messages", argv[0]);
    int shape[2], count;
    Line *lines = read_lines(argv[1], shape, &count);
    Axis world = axis_of(MPI_COMM_WORLD);
    if (shape[0] * shape[1] != world.size) fail("is for another number of ranks", argv[1]);

    /* The ranks of a runs axis are consecutive. */
    int place_in_train = world.rank / shape[0], place_in_runs = world.rank % shape[0];
    Axis axes[AXES] = {[EWORLD] = world};
    axes[ERUNS] = split(MPI_COMM_WORLD, place_in_train, place_in_runs);
    axes[ETRAIN] = split(MPI_COMM_WORLD, place_in_runs, place_in_train);
    MPI_Comm host;
    MPI_Comm_split_type(axes[ETRAIN].ranks, MPI_COMM_TYPE_SHARED, place_in_train, MPI_INFO_NULL, &host);
    axes[EHOST] = axis_of(host);

    Buffers buffers = {0};
    for (int line = 0; line < count; line++) {
        size_t bytes = received_bytes(&lines[line], axis_named(lines[line].axis, axes));
        if (bytes > buffers.bytes) buffers.bytes = bytes;
    }
    /* A part of an Alltoallv is rounded up at one rank and down at another. */
    buffers.bytes += 8 * world.size;
    buffers.sent = allocated(buffers.bytes, "buffer");
    buffers.received = allocated(buffers.bytes, "buffer");

    for (int line = 0; line < count;) {
        const char *phase = lines[line].phase;
        double seconds = 0;
        for (; line < count && !strcmp(phase, lines[line].phase); line++)
            seconds += seconds_of(&lines[line], axis_named(lines[line].axis, axes), &buffers);
        if (world.rank == 0) printf("%s %.9f\n", phase, seconds);
    }
    MPI_Finalize();
}
