/* The loops that need wide SIMD. Each is compiled for several instruction sets and chosen at load time;
   none uses fused multiply-add or reassociation, so that every processor computes the same bits. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "TrainingKernels.h"

/// How a logit is stored, always in the machine's own byte order.
typedef enum { VKFloat16, VKBFloat16, VKFloat32, VKFloat64 } VKElement;

/// What a row of logits becomes before it is standardised (x in the definition of the kernel).
typedef enum { VKRaw, VKSoftmax, VKLogSoftmax } VKTransform;

/// Transforms `examples` rows of `classes` logits and transposes them: logits (examples, classes), row-major,
/// to x (classes, stride), of which the first `examples` of each row are written.
/// The logarithm of the likeliest class is exact also where the others' probabilities vanish beside 1.
/// Returns whether all logits are finite; where not, x holds no promise.
bool vk_transform(VKTransform transform, VKElement element, const void *logits, size_t examples, size_t classes,
                  double *x, size_t stride);

/// Adds x - shift to `sum` and its square to `square`, `count` of each.
void vk_accumulate_moments(const double *x, const double *shift, double *sum, double *square, size_t count);

/// z = (x - mean) * scale, rounded once to float; `count` of each.
void vk_standardise(const double *x, const double *mean, const double *scale, float *z, size_t count);

/// First class with the largest logit of each of `examples` rows of `classes` logits; ties to the smaller class.
void vk_top_class(VKElement element, const void *logits, size_t examples, size_t classes, int32_t *top);
