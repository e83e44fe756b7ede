/* The tables of functions that CMPIChoose chooses from. */
#pragma once
#include "CMPI.h"

extern const CMPIFunctions CMPILibraryFunctions;
extern const CMPIFunctions CMPIAloneFunctions;
