/* Two functions of which the libraries in a release want versions newer than the systems it is for: all else that it
   needs is in glibc 2.34. */
#include "COldGlibc.h"
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

float __wrap_hypotf(float x, float y);
uint32_t __wrap_arc4random(void);

/* hypotf got a new version in glibc 2.35, which no longer sets errno. Swift's own hypot for Float calls it. */
float hypotf_before_2_35(float x, float y);
#if defined(__x86_64__)
__asm__(".symver hypotf_before_2_35, hypotf@GLIBC_2.2.5");
#elif defined(__aarch64__)
__asm__(".symver hypotf_before_2_35, hypotf@GLIBC_2.17");
#endif

float __wrap_hypotf(float x, float y) { return hypotf_before_2_35(x, y); }

/* arc4random came with glibc 2.36. The C++ library's std::random_device calls it. */
uint32_t __wrap_arc4random(void) {
    uint32_t number;
    if (getrandom(&number, sizeof number, 0) != sizeof number) abort();
    return number;
}
