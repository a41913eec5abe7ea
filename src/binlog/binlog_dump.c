/* binlog_dump - see the header. */
#include "binlog_dump.h"

#include "gtid_set.h"

#define COM_BINLOG_DUMP      0x12
#define COM_BINLOG_DUMP_GTID 0x1e
#define THROUGH_GTID         0x04 /* flag: the set says where to begin */
#define FIRST_POSITION       4    /* behind the file's magic number */

const char binlog_dump_session[] =
    "SET @master_binlog_checksum = @@GLOBAL.binlog_checksum, "
    "@source_binlog_checksum = @@GLOBAL.binlog_checksum, "
    "@master_heartbeat_period = 1000000000, @source_heartbeat_period = 1000000000, "
    "@mariadb_slave_capability = 4, @slave_uuid = UUID(), @replica_uuid = @slave_uuid";

uint32_t binlog_dump_server_id(uint32_t chance)
{
    return chance | 1u << 31;
}

static void put(struct buffer *out, uint64_t number, size_t bytes)
{
    for (; bytes != 0; bytes--, number >>= 8)
        buffer_add_char(out, (char)number);
}

bool binlog_dump_from_place(struct buffer *payload, uint32_t server_id,
                            const struct binlog_place *place)
{
    if (place->name[0] == '\0' || place->position > UINT32_MAX)
        return false;
    put(payload, COM_BINLOG_DUMP, 1);
    put(payload, place->position, 4);
    put(payload, 0, 2); /* flags */
    put(payload, server_id, 4);
    buffer_add_text(payload, place->name);
    return true;
}

bool binlog_dump_after_gtids(struct buffer *payload, uint32_t server_id, struct slice gtid_set)
{
    struct buffer set = BUFFER_EMPTY;
    bool is_set = gtid_set_encode(&set, gtid_set);

    if (is_set) {
        put(payload, COM_BINLOG_DUMP_GTID, 1);
        put(payload, THROUGH_GTID, 2);
        put(payload, server_id, 4);
        put(payload, 0, 4); /* the length of the name of a file */
        put(payload, FIRST_POSITION, 8);
        put(payload, set.len, 4);
        buffer_add(payload, set.data, set.len);
    }
    buffer_free(&set);
    return is_set;
}
