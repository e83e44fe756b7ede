/* oneDNN: the product of matrices of bytes, and the checks needed before it can be trusted. */
#pragma once
#include <dlfcn.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>
#include <stdint.h>

/* Products started by the calling thread use no other. oneDNN has no call for it: the number belongs to the OpenMP
   runtime with which oneDNN was built. A oneDNN with its own thread pool is left alone. */
static inline void COneDNN_use_one_thread(void) {
    void (*set)(int) = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    if (set) set(1);
}

/* Whether four products of bytes are added without saturation in 16 bits (VNNI instructions). On other processors
   one factor is shifted to 0...255, and the sum of two products must fit in 16 bits. */
static inline bool COneDNN_has_vnni(void) {
    const unsigned avx512_vnni = dnnl_cpu_isa_avx512_core_vnni & ~dnnl_cpu_isa_avx512_core;
    const unsigned avx2_vnni = dnnl_cpu_isa_avx2_vnni & ~dnnl_cpu_isa_avx2;
    return ((unsigned)dnnl_get_effective_cpu_isa() & (avx512_vnni | avx2_vnni)) != 0;
}
