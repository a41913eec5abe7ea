/*
 * fuzz - what every fuzz target shares. A target is t/fuzz/fuzz_NAME.c with LLVMFuzzerTestOneInput();
 * its seeds are the files of t/fuzz/corpus/NAME/. `make fuzz` lets libFuzzer invent inputs, `make
 * fuzz-replay` runs the seeds once with the plain compiler.
 */
#ifndef VMAPD_FUZZ_H
#define VMAPD_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* Always returns 0; what is wrong ends in abort(). */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant that holds whatever the input is. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

#endif
