/*
 * binlog_words - vmapd's decoder of binary logs and the commands that it would send, for tests to hold
 * against real servers.
 *
 *   mariadb | mysql       events from stdin, each behind its length (4 bytes, little endian); a line for each:
 *                         its type, what it says, database, table, whether it is a commit, and the place
 *   file NAME POSITION    the payload of COM_BINLOG_DUMP, to stdout
 *   gtids SET             the payload of COM_BINLOG_DUMP_GTID
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "binlog.h"
#include "binlog_dump.h"

static const char *const words[] = {"nothing", "table", "everything", "commit", "broken"};

static void tell(const struct binlog *binlog, unsigned char type, struct binlog_event event)
{
    struct binlog_place place = binlog_place(binlog);

    printf("%u\t%s\t%.*s\t%.*s\t%d\t%s\t%llu\t%s\n", type, words[event.said],
           (int)event.database.len, event.database.data != NULL ? event.database.data : "",
           (int)event.table.len, event.table.data != NULL ? event.table.data : "", event.is_commit,
           place.name, (unsigned long long)place.position,
           event.reason != NULL ? event.reason : "");
}

static int decode(enum binlog_vendor vendor)
{
    struct binlog *binlog = binlog_new(vendor);
    unsigned char head[4];

    while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
        size_t len = head[0] | head[1] << 8 | head[2] << 16 | (size_t)head[3] << 24;
        char *bytes = malloc(len + 1); /* exactly so much, that a sanitizer sees who reads beyond */

        if (bytes == NULL || fread(bytes, 1, len, stdin) != len)
            return 1;
        tell(binlog, len > 4 ? (unsigned char)bytes[4] : 0,
             binlog_take(binlog, (struct slice){bytes, len}));
        free(bytes);
    }
    binlog_free(binlog);
    return 0;
}

static int print(struct buffer *payload, bool is_made)
{
    fwrite(payload->data, 1, payload->len, stdout);
    buffer_free(payload);
    return is_made ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct buffer payload = BUFFER_EMPTY;
    uint32_t number = binlog_dump_server_id((uint32_t)getpid());

    if (argc == 4 && strcmp(argv[1], "file") == 0) {
        struct binlog_place place = {.position = strtoull(argv[3], NULL, 10)};

        snprintf(place.name, sizeof(place.name), "%s", argv[2]);
        return print(&payload, binlog_dump_from_place(&payload, number, &place));
    }
    if (argc == 3 && strcmp(argv[1], "gtids") == 0)
        return print(&payload, binlog_dump_after_gtids(&payload, number, slice_of(argv[2])));
    return decode(argc == 2 && strcmp(argv[1], "mysql") == 0 ? BINLOG_MYSQL : BINLOG_MARIADB);
}
