/* OpenBLAS: the CBLAS interface and its thread control. */
#pragma once
#include <cblas.h>
