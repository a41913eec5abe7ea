/* binlog_gtids - see the header. */
#include "binlog_gtids.h"

#include <stdlib.h>

#include "gtid_ranges.h"
#include "xmalloc.h"

struct binlog_gtids {
    struct gtid_ranges told;     /* and what was executed at the beginning */
    struct gtid_ranges executed; /* as the server said last */
    struct gtid_ranges awaited;  /* executed at some time */
    struct gtid_ranges mark;     /* told at some time, and waited for; */
    uint64_t marked;             /* so many */
    uint64_t count, visible;
    struct gtid_source last_source;
    uint64_t last;
};

struct binlog_gtids *binlog_gtids_new(struct slice executed)
{
    struct binlog_gtids *gtids = xcalloc(1, sizeof(*gtids));

    if (!gtid_ranges_add_text(&gtids->told, executed)) {
        binlog_gtids_free(gtids);
        return NULL;
    }
    gtid_ranges_copy(&gtids->executed, &gtids->told);
    gtid_ranges_copy(&gtids->mark, &gtids->told);
    return gtids;
}

void binlog_gtids_free(struct binlog_gtids *gtids)
{
    if (gtids == NULL)
        return;
    gtid_ranges_clear(&gtids->told);
    gtid_ranges_clear(&gtids->executed);
    gtid_ranges_clear(&gtids->awaited);
    gtid_ranges_clear(&gtids->mark);
    free(gtids);
}

static bool is_last(const struct binlog_gtids *gtids, const struct gtid_text *gtid)
{
    return gtids->last == gtid->first &&
           memcmp(&gtids->last_source, &gtid->source, sizeof(gtid->source)) == 0;
}

bool binlog_gtids_tell(struct binlog_gtids *gtids, const char *gtid)
{
    struct gtid_text text = {.rest = slice_of(gtid)};

    if (!gtid_text_next(&text) || text.first != text.last)
        return false;
    if (is_last(gtids, &text))
        return true;
    if (gtid_ranges_have(&gtids->told, &text.source, text.first) ||
        !gtid_ranges_add(&gtids->told, &text.source, (struct gtid_range){text.first, text.last}))
        return false;
    gtids->last_source = text.source;
    gtids->last = text.first;
    gtids->count++;
    return true;
}

uint64_t binlog_gtids_told(const struct binlog_gtids *gtids)
{
    return gtids->count;
}

/*
 * All that was told, or what had been told at an earlier look: under load there is always something that
 * was told just now.
 */
static void see(struct binlog_gtids *gtids)
{
    if (gtid_ranges_cover(&gtids->executed, &gtids->told))
        gtids->visible = gtids->count;
    else if (gtid_ranges_cover(&gtids->executed, &gtids->mark))
        gtids->visible = gtids->marked;
    else
        return;
    gtid_ranges_copy(&gtids->mark, &gtids->told);
    gtids->marked = gtids->count;
}

bool binlog_gtids_look(struct binlog_gtids *gtids, struct slice executed,
                       struct binlog_gtids_look *look)
{
    struct gtid_ranges now = {NULL, 0};

    if (!gtid_ranges_add_text(&now, executed) || !gtid_ranges_cover(&now, &gtids->executed)) {
        gtid_ranges_clear(&now);
        return false;
    }
    gtid_ranges_clear(&gtids->executed);
    gtids->executed = now;
    see(gtids);
    *look = (struct binlog_gtids_look){gtids->visible,
                                       gtid_ranges_cover(&gtids->told, &gtids->executed)};
    return true;
}

void binlog_gtids_await(struct binlog_gtids *gtids)
{
    gtid_ranges_copy(&gtids->awaited, &gtids->executed);
}

bool binlog_gtids_has_come(const struct binlog_gtids *gtids)
{
    return gtid_ranges_cover(&gtids->told, &gtids->awaited);
}
