/*
 * Sets of MySQL's GTIDs. Lines of the input: what is executed at the beginning, then GTIDs that are told, and what is executed
 * then (lines that begin with '='). Whatever they are: what is taken for a set goes over the wire in whole entries and
 * covers itself, what was told is visible no earlier than it is executed, and numbers only grow.
 */
#include "binlog_gtids.h"

#include "binlog_dump.h"
#include "fuzz.h"
#include "gtid_ranges.h"
#include "gtid_set.h"
#include "xmalloc.h"

static uint64_t number_at(const struct buffer *bytes, size_t at)
{
    uint64_t number = 0;

    FUZZ_CHECK(at + 8 <= bytes->len);
    for (size_t i = 8; i > 0; i--)
        number = number << 8 | (unsigned char)bytes->data[at + i - 1];
    return number;
}

/* Entries one after the other, to the last byte. */
static void check_encoded(const struct buffer *set)
{
    uint64_t head = number_at(set, 0);
    bool has_tags = head >> 56 == 1;
    uint64_t entries = has_tags ? head << 8 >> 16 : head;
    size_t at = 8;

    for (; entries > 0; entries--) {
        uint64_t intervals;

        at += GTID_UUID;
        FUZZ_CHECK(at < set->len);
        if (has_tags)
            at += 1 + ((unsigned char)set->data[at] >> 1);
        intervals = number_at(set, at);
        FUZZ_CHECK(intervals != 0);
        at += 8;
        for (uint64_t before = 0; intervals > 0; intervals--, at += 16) {
            FUZZ_CHECK(number_at(set, at) > before && number_at(set, at + 8) > number_at(set, at));
            before = number_at(set, at + 8);
        }
    }
    FUZZ_CHECK(at == set->len);
}

static void check_set(struct slice text)
{
    struct gtid_ranges set = {NULL, 0}, twice = {NULL, 0};
    struct buffer encoded = BUFFER_EMPTY;
    bool is_set = gtid_set_encode(&encoded, text);

    if (is_set)
        check_encoded(&encoded);
    if (gtid_ranges_add_text(&set, text)) {
        FUZZ_CHECK(is_set);
        gtid_ranges_copy(&twice, &set);
        FUZZ_CHECK(gtid_ranges_add_text(&twice, text));
        FUZZ_CHECK(gtid_ranges_cover(&set, &twice) && gtid_ranges_cover(&twice, &set));
    }
    gtid_ranges_clear(&set);
    gtid_ranges_clear(&twice);
    buffer_free(&encoded);
}

/* One line of what happens. */
static void step(struct binlog_gtids *gtids, const char *line, uint64_t *visible)
{
    uint64_t told = binlog_gtids_told(gtids);
    struct binlog_gtids_look look;

    if (*line != '=') {
        bool is_taken = binlog_gtids_tell(gtids, line);

        FUZZ_CHECK(binlog_gtids_told(gtids) - told <= is_taken);
    } else if (binlog_gtids_look(gtids, slice_of(line + 1), &look)) {
        FUZZ_CHECK(look.visible >= *visible && look.visible <= told);
        *visible = look.visible;
        if (look.is_told) {
            binlog_gtids_await(gtids);
            FUZZ_CHECK(binlog_gtids_has_come(gtids));
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size), *rest = text;
    const char *executed = strsep(&rest, "\n"), *line;
    struct binlog_gtids *gtids = binlog_gtids_new(slice_of(executed));
    uint64_t visible = 0;

    check_set(slice_of(executed));
    while (gtids != NULL && (line = strsep(&rest, "\n")) != NULL)
        step(gtids, line, &visible);
    binlog_gtids_free(gtids);
    free(text);
    return 0;
}
