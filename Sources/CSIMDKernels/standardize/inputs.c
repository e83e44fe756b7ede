#include "../shared/exponential.h"
#include "../shared/widen.h"

/* The logarithm of the smallest positive number of a type: what a probability that underflowed counts as. */
INLINED double least_log(EKElement element) {
    const double ln2 = 0x1.62e42fefa39efp-1;
    return ln2 * (element == EKFloat16 ? -24 : element == EKBFloat16 ? -133 : element == EKFloat32 ? -149 : -1074);
}

/* How far a probability may be outside [0, 1] by rounding: a few units in the last place of the short types, and of
   what was computed in float. */
INLINED double rounding(EKElement element) {
    return element == EKFloat16 ? 0x1p-9 : element == EKBFloat16 ? 0x1p-6 : 0x1p-13;
}

INLINED double log_of_probability(double p, double rounding, double least) {
    double log_of_positive = p > 0.0 ? ek_log_positive(p > 0.0 ? p : 1.0) : least;
    return p >= -rounding && p <= 1.0 + rounding ? log_of_positive : (double)NAN;
}

/* log(1 - e^x) for x = log p. Close to 1, p has lost its digits, and x has them. */
INLINED double log_of_other(double x, double least) {
    double nonpositive = x < 0.0 ? x : 0.0;
    double other =
        nonpositive > -0x1p-17 ? -nonpositive * (1.0 + 0.5 * nonpositive) : 1.0 - ek_exp_nonpositive(nonpositive);
    return other > 0.0 ? ek_log_positive(other > 0.0 ? other : 1.0) : least;
}

INLINED void read_chunk(EKInputs inputs, EKElement element, const double *numbers, size_t count, bool is_binary,
                        double *logits) {
    const double least = least_log(element), tolerance = rounding(element);
    double first[LANES], second[LANES];
    for (size_t i = 0; i < LANES; i++) {
        double x = numbers[i];
        if (inputs == EKProbabilities) {
            second[i] = log_of_probability(x, tolerance, least);
            first[i] = is_binary ? log_of_probability(1.0 - x, tolerance, least) : 0.0;
        } else if (inputs == EKLogProbabilities) {
            second[i] = x == -INFINITY ? least : x <= tolerance ? x : (double)NAN;
            first[i] = is_binary ? log_of_other(x, least) : 0.0;
        } else {
            second[i] = x;
            first[i] = 0.0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (is_binary) logits[2 * i] = first[i];
        logits[is_binary ? 2 * i + 1 : i] = second[i];
    }
}

MULTIVERSIONED void ek_read_inputs(EKInputs inputs, EKElement element, const void *stored, size_t count, bool is_binary,
                                   double *logits) {
    for (size_t at = 0; at < count; at += LANES) {
        size_t some = count - at < LANES ? count - at : LANES;
        LaneDoubles wide = {0};
        if (element == EKFloat64) {
            memcpy(&wide, (const double *)stored + at, some * sizeof(double));
        } else {
            LaneFloats floats;
            ek_widen_row(element, stored, at, some, &floats);
            wide = __builtin_convertvector(floats, LaneDoubles);
        }
        double numbers[LANES];
        memcpy(numbers, &wide, sizeof numbers);
        double *to = logits + (is_binary ? 2 * at : at);
        if (is_binary)
            read_chunk(inputs, element, numbers, some, true, to);
        else if (inputs == EKProbabilities)
            read_chunk(EKProbabilities, element, numbers, some, false, to);
        else
            read_chunk(inputs, element, numbers, some, false, to);
    }
}
