/*
 * pace - how long to leave a table alone after it was read. Pure.
 *
 * Reading takes at most a fiftieth of the time. What of that is not used is saved, some seconds of reading at
 * most, and spent where a table is likely to change once more at once, as while it is loaded: where a reading
 * showed a change, or took much longer than usual, for changes that nobody may see yet slow it down.
 */
#ifndef VMAPD_MIRROR_PACE_H
#define VMAPD_MIRROR_PACE_H

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialise. */
struct pace {
    int64_t saved_ms;  /* of reading; less than 0: so much too much */
    uint64_t began_ms; /* the last reading; 0 = there was none */
    uint64_t usual_ms; /* that it takes */
    uint64_t pause_ms; /* from its beginning to the next */
};

/* The table was read. is_news: it had changed. Sets pause_ms. */
void pace_read(struct pace *pace, uint64_t began_ms, uint64_t took_ms, bool is_news);

#endif
