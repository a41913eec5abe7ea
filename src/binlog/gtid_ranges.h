/* gtid_ranges - a set of MySQL's GTIDs to calculate with: for each source ranges that ascend and do not touch. */
#ifndef VMAPD_BINLOG_GTID_RANGES_H
#define VMAPD_BINLOG_GTID_RANGES_H

#include "gtid_text.h"

/* A set that needs more is refused: it is somebody else's doing. */
#define GTID_SOURCES_MAX 256
#define GTID_RANGES_MAX  4096 /* of one source */

struct gtid_range {
    uint64_t first, last;
};

struct gtid_source_ranges {
    struct gtid_source source;
    struct gtid_range *ranges;
    size_t count;
};

/* Zero-initialised it is empty. */
struct gtid_ranges {
    struct gtid_source_ranges *sources;
    size_t count;
};

void gtid_ranges_clear(struct gtid_ranges *set);

/* Add all of a text (gtid_text.h). False: it is none, or there would be too many. */
bool gtid_ranges_add_text(struct gtid_ranges *set, struct slice text);
bool gtid_ranges_add(struct gtid_ranges *set, const struct gtid_source *source,
                     struct gtid_range range);

bool gtid_ranges_have(const struct gtid_ranges *set, const struct gtid_source *source,
                      uint64_t number);
bool gtid_ranges_cover(const struct gtid_ranges *set, const struct gtid_ranges *part);
void gtid_ranges_copy(struct gtid_ranges *set, const struct gtid_ranges *from);

#endif
