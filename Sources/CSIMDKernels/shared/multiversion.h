/* Compilation of a function for several instruction sets, the best of which is chosen when the program is loaded. */
#pragma once

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
/* Versions are chosen by functions that the loader calls, before ThreadSanitizer has begun: they crash. */
#define ONE_VERSION
#endif
#endif

#if defined(__x86_64__) && defined(__linux__) && !defined(ONE_VERSION)
#if defined(AVX2_AT_MOST)
/* scripts/bench --avx2 measures what older processors would do. */
#define MULTIVERSIONED __attribute__((target_clones("arch=x86-64-v3", "default")))
#else
#define MULTIVERSIONED __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#endif
#else
#define MULTIVERSIONED
#endif

#define INLINED static inline __attribute__((always_inline))

/* Contracting a * b + c would give other bits on processors with fused multiply-add; fma() by name gives the same
   bits. */
#pragma STDC FP_CONTRACT OFF
