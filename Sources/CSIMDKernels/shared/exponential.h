/* exp and log1p without branches, so that the compiler vectorizes the loops that call them. Errors relative to
   correctly rounded results stay within a few units in the last place (tested). fma() is called by name, so that
   every processor rounds the same way: one without the instruction computes it in software. */
#pragma once

#include "lanes.h"

/* e^x for x <= 0. Below -708, where the result would be subnormal, it is 0. x = n ln 2 + r with |r| <= ln(2)/2; ln 2
   is split so that n times its upper part is exact. (e^r - 1 - r) / r^2 is approximated by the polynomial that
   interpolates it at the Chebyshev points: the error of e^r is below 2e-17. */
INLINED double ek_exp_nonpositive(double x) {
    const double log2e = 0x1.71547652b82fep+0, ln2_upper = 0x1.62e42feep-1, ln2_lower = 0x1.a39ef35793c76p-33;
    const double round_to_integer = 0x1.8p52;
    double clamped = x < -708.0 ? -708.0 : x;
    double shifted = fma(clamped, log2e, round_to_integer);
    double n = shifted - round_to_integer;
    double r = fma(n, -ln2_lower, fma(n, -ln2_upper, clamped));
    double p = 0x1.af38a9b0ec855p-26;
    p = fma(p, r, 0x1.289185613a3d6p-22);
    p = fma(p, r, 0x1.71de0dae63bb3p-19);
    p = fma(p, r, 0x1.a019b90d2ae7ap-16);
    p = fma(p, r, 0x1.a01a01a7c41d5p-13);
    p = fma(p, r, 0x1.6c16c1788bd90p-10);
    p = fma(p, r, 0x1.11111111109b3p-7);
    p = fma(p, r, 0x1.5555555553d63p-5);
    p = fma(p, r, 0x1.5555555555556p-3);
    p = fma(p, r, 0x1.0000000000001p-1);
    p = fma(p, r * r, r) + 1.0;
    /* The low bits of `shifted` are n; moved to the position of the exponent they form 2^n. */
    double power_of_two = ek_double_of_bits((ek_bits_of_double(shifted) + 1023) << 52);
    return x < -708.0 ? 0.0 : p * power_of_two;
}

/* A positive, normal u as 2^k m with m in [1/sqrt 2, sqrt 2). */
typedef struct {
    int64_t exponent;
    double k, m;
} EKScaled;

INLINED EKScaled ek_scaled(double u) {
    uint64_t bits = ek_bits_of_double(u);
    /* Adding the distance from sqrt(1/2) to 1 carries into the exponent exactly if m would exceed sqrt 2. */
    uint64_t biased = bits + (ek_bits_of_double(1.0) - 0x3fe6a09e667f3bcdull);
    int64_t exponent = (int64_t)(biased >> 52) - 1023;
    /* An integer below 2^51 as a double, without the conversion that older vector units lack. */
    double k = ek_double_of_bits((uint64_t)(exponent + 0x4338000000000000ll)) - 0x1.8p52;
    return (EKScaled){exponent, k, ek_double_of_bits(bits - ((uint64_t)exponent << 52))};
}

/* k ln 2 + log(1 + f) + correction, for the f of one of the functions below. */
INLINED double ek_log_of_parts(double k, double f, double correction) {
    const double ln2_upper = 0x1.62e42feep-1, ln2_lower = 0x1.a39ef35793c76p-33;
    double t = f / (2.0 + f), t2 = t * t;
    double p = 0x1.2b59b713616c9p-4;
    p = fma(p, t2, 0x1.39fe42e9740a7p-4);
    p = fma(p, t2, 0x1.7462b58e46ebep-4);
    p = fma(p, t2, 0x1.c71c62e26208bp-4);
    p = fma(p, t2, 0x1.2492492df3ba9p-3);
    p = fma(p, t2, 0x1.99999999952ccp-3);
    p = fma(p, t2, 0x1.5555555555558p-2);
    double log_m = fma(2.0 * t * t2, p, 2.0 * t);
    return fma(k, ln2_upper, log_m + fma(k, ln2_lower, correction));
}

/* log(1 + s) for s >= 0, with a small relative error even for s far below the rounding of 1 + s. 1 + s = 2^k m with
   m in [1/sqrt 2, sqrt 2); log m = 2 artanh(t), t = (m - 1) / (m + 1), and (artanh(t) / t - 1) / t^2 is approximated
   by the polynomial that interpolates it at the Chebyshev points: the relative error of log m is below 5e-18. */
INLINED double ek_log1p_nonnegative(double s) {
    double u = 1.0 + s;
    /* The rounding error of 1 + s, relative to u: small enough for the quotient to be a float. */
    double lost = (s - (u - 1.0)) * (double)(1.0f / (float)u);
    EKScaled scaled = ek_scaled(u);
    double f = scaled.exponent == 0 ? s : scaled.m - 1.0;
    return ek_log_of_parts(scaled.k, f, scaled.exponent == 0 ? 0.0 : lost);
}

/* log(u) for finite u > 0, subnormal numbers too, in the same way. */
INLINED double ek_log_positive(double u) {
    bool is_subnormal = u < 0x1p-1022;
    EKScaled scaled = ek_scaled(is_subnormal ? u * 0x1p54 : u);
    return ek_log_of_parts(is_subnormal ? scaled.k - 54.0 : scaled.k, scaled.m - 1.0, 0.0);
}
