/* Random bits from a key and a position: without state, so that the compiler vectorizes the loops that draw them. */
#pragma once

#include "multiversion.h"
#include <stddef.h>
#include <stdint.h>

/* The finalizer of MurmurHash3 (Austin Appleby, public domain): every bit of the result depends on every bit of x. */
INLINED uint32_t mixed(uint32_t x) {
    x = (x ^ x >> 16) * 0x85ebca6b;
    x = (x ^ x >> 13) * 0xc2b2ae35;
    return x ^ x >> 16;
}

/* 32 bits for position i of the stream of a key. */
INLINED uint32_t ek_random_bits(uint64_t key, size_t i) {
    return mixed(mixed((uint32_t)i + (uint32_t)key) ^ (uint32_t)(key >> 32));
}
