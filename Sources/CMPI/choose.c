#include "tables.h"

#if CMPI_IS_LINKED

bool CMPIChoose(char *reason, size_t capacity) {
    (void)reason, (void)capacity;
    return true;
}

const CMPIFunctions *CMPIChosen(void) { return &CMPILibraryFunctions; }

#else

/* A release finds the MPI library when it starts. There are two kinds of libraries with a binary interface each: Open
   MPI, and MPICH with Intel MPI, Cray MPICH and MVAPICH (mpich.org/abi). `library.c` compiled against each is a shared
   object in ../lib/ensemble-kernel-mpi beside the program's folder. */
#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const CMPIFunctions *chosen = &CMPIAloneFunctions;

const CMPIFunctions *CMPIChosen(void) { return chosen; }

typedef struct {
    /* Its value of ENSEMBLE_KERNEL_MPI, and the file compiled against it: mpi-NAME.so. */
    const char *name;
    const char *title;
    /* The library's files, the most usual first. */
    const char *files[2];
} Kind;

static const Kind open_mpi = {"openmpi", "Open MPI", {"libmpi.so.40"}};
/* Debian calls MPICH's file libmpich.so. */
static const Kind mpich = {"mpich", "MPICH", {"libmpi.so.12", "libmpich.so.12"}};

static bool is_set(const char *variable) { return getenv(variable) != NULL; }

static bool is_any_set(const char *const *variables) {
    while (*variables && !is_set(*variables)) variables++;
    return *variables != NULL;
}

/* The kinds that the launcher of this process may be of, the likelier first; none if there was no launcher. */
static void guess_kinds(const Kind *kinds[2]) {
    static const char *const of_open_mpi[] = {"OMPI_COMM_WORLD_SIZE", NULL};
    static const char *const of_mpich[] = {"PMI_RANK", "PMI_SIZE", "PMI_FD", "PMI_PORT", "PALS_RANKID", NULL};
    static const char *const of_either[] = {"PMIX_RANK", "PMIX_NAMESPACE", NULL};
    kinds[0] = kinds[1] = NULL;
    if (is_any_set(of_open_mpi)) {
        kinds[0] = &open_mpi;
    } else if (is_any_set(of_mpich)) {
        kinds[0] = &mpich, kinds[1] = &open_mpi;
    } else if (is_any_set(of_either)) {
        kinds[0] = &open_mpi, kinds[1] = &mpich;
    }
}

/* The folder of a program, without a / at its end. Returns false if the system does not tell. */
static bool folder_of_program(const char *process, char folder[PATH_MAX]) {
    char link[64];
    snprintf(link, sizeof link, "/proc/%s/exe", process);
    ssize_t length = readlink(link, folder, PATH_MAX - 1);
    if (length <= 0) return false;
    folder[length] = 0;
    char *slash = strrchr(folder, '/');
    if (!slash) return false;
    *slash = 0;
    return true;
}

/* The process that started another; 0 if the system does not tell. */
static long parent_of(long process) {
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%ld/stat", process);
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    /* The name before the last parenthesis may hold anything. */
    const char *end = strrchr(text, ')');
    long parent = 0;
    return end && sscanf(end, ") %*c %ld", &parent) == 1 ? parent : 0;
}

/* Loads a library from the installation of the launcher above this process: many clusters and Python environments have
   several, and only the launcher's own can talk to it. */
static void *load_beside_launcher(const Kind *kind) {
    static const char *const places[] = {"lib", "lib64", "lib/release"};
    long process = getppid();
    for (int generation = 0; generation < 6 && process > 1; generation++, process = parent_of(process)) {
        char number[32], folder[PATH_MAX];
        snprintf(number, sizeof number, "%ld", process);
        if (!folder_of_program(number, folder)) continue;
        for (size_t place = 0; place < sizeof places / sizeof *places; place++) {
            for (size_t file = 0; file < 2 && kind->files[file]; file++) {
                char path[PATH_MAX + 64];
                snprintf(path, sizeof path, "%s/../%s/%s", folder, places[place], kind->files[file]);
                void *library = access(path, R_OK) == 0 ? dlopen(path, RTLD_NOW | RTLD_GLOBAL) : NULL;
                if (library) return library;
            }
        }
    }
    return NULL;
}

/* Loads a library of a kind: the launcher's own, or the one that the loader finds (LD_LIBRARY_PATH, /etc/ld.so.conf).
   Returns false with the loader's words if there is none. */
static bool load_library(const Kind *kind, char *problem, size_t capacity) {
    if (load_beside_launcher(kind)) return true;
    for (size_t file = 0; file < 2 && kind->files[file]; file++) {
        if (dlopen(kind->files[file], RTLD_NOW | RTLD_GLOBAL)) return true;
        const char *words = dlerror();
        if (file == 0) snprintf(problem, capacity, "%s", words ? words : kind->files[file]);
    }
    return false;
}

/* Loads `library.c` as compiled against a library. */
static bool load_functions(const char *path, char *problem, size_t capacity) {
    void *object = dlopen(path, RTLD_NOW);
    const CMPIFunctions *functions = object ? dlsym(object, "CMPILibraryFunctions") : NULL;
    if (!functions) {
        const char *words = dlerror();
        snprintf(problem, capacity, "%s", words ? words : path);
        return false;
    }
    if (functions->byte_count != sizeof *functions) {
        snprintf(problem, capacity, "%s is of another version of this program", path);
        return false;
    }
    chosen = functions;
    return true;
}

static bool load(const Kind *kind, char *problem, size_t capacity) {
    char folder[PATH_MAX], path[PATH_MAX + 64];
    if (!folder_of_program("self", folder)) {
        snprintf(problem, capacity, "/proc/self/exe cannot be read");
        return false;
    }
    snprintf(path, sizeof path, "%s/../lib/ensemble-kernel-mpi/mpi-%s.so", folder, kind->name);
    return load_library(kind, problem, capacity) && load_functions(path, problem, capacity);
}

/* Whether `srun` started several processes that know nothing of one another. */
static bool is_one_of_many(void) {
    const char *tasks = getenv("SLURM_STEP_NUM_TASKS");
    return tasks && atol(tasks) > 1 && is_set("SLURM_PROCID");
}

bool CMPIChoose(char *reason, size_t capacity) {
    const Kind *kinds[2];
    char problem[1024] = "";
    const char *wish = getenv("ENSEMBLE_KERNEL_MPI");
    guess_kinds(kinds);
    if (wish && *wish) {
        if (strchr(wish, '/')) {
            if (load_functions(wish, problem, sizeof problem)) return true;
            snprintf(reason, capacity, "ENSEMBLE_KERNEL_MPI=%s cannot be used: %s", wish, problem);
            return false;
        }
        kinds[0] = strcmp(wish, open_mpi.name) == 0 ? &open_mpi : strcmp(wish, mpich.name) == 0 ? &mpich : NULL;
        kinds[1] = NULL;
        if (!kinds[0] && strcmp(wish, "alone") != 0) {
            snprintf(reason, capacity,
                     "ENSEMBLE_KERNEL_MPI=%s is unknown: %s, %s, alone, or the path of library.c compiled with another "
                     "library's mpicc",
                     wish, open_mpi.name, mpich.name);
            return false;
        }
    } else if (!kinds[0] && is_one_of_many()) {
        snprintf(reason, capacity,
                 "srun started %s processes that know nothing of one another: srun --mpi=pmix, or --mpi=pmi2 for MPICH",
                 getenv("SLURM_STEP_NUM_TASKS"));
        return false;
    }
    if (!kinds[0] || load(kinds[0], problem, sizeof problem)) return true;
    char other[1024];
    if (kinds[1] && load(kinds[1], other, sizeof other)) return true;
    snprintf(reason, capacity,
             "a launcher of %s started this process, but its library cannot be loaded: %s; load its module, or add the "
             "folder of %s to LD_LIBRARY_PATH",
             kinds[0]->title, problem, kinds[0]->files[0]);
    return false;
}

#endif
