/* epoch - see the header. */
#include "epoch.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

const char *const epoch_server_questions[] = {
    "SELECT 'version', VERSION() UNION ALL SELECT 'version_comment', @@version_comment "
    "UNION ALL SELECT 'connection', CONNECTION_ID()",
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('aurora_version', "
    "'group_replication_group_name')",
    NULL,
};

/* Innodb_max_trx_id moves where the binary log does not; alone it proves nothing. */
static const char *const mariadb_questions[] = {
    "SHOW GLOBAL STATUS WHERE Variable_name IN ('Binlog_snapshot_file', "
    "'Binlog_snapshot_position', "
    "'wsrep_last_committed', 'Slave_running', 'Innodb_max_trx_id')",
    "SELECT 'log_bin', @@GLOBAL.log_bin UNION ALL SELECT 'wsrep_on', @@GLOBAL.wsrep_on "
    "UNION ALL SELECT 'read_only', @@GLOBAL.read_only "
    "UNION ALL SELECT 'gtid_slave_pos', @@GLOBAL.gtid_slave_pos",
    NULL,
};

static const char *const mysql_questions[] = {
    "SELECT 'gtid_mode', @@GLOBAL.gtid_mode UNION ALL SELECT 'gtid_executed', "
    "@@GLOBAL.gtid_executed",
    NULL,
};

static const char *const no_questions[] = {NULL};

static bool is(struct slice text, const char *word)
{
    return text.len == strlen(word) && strncasecmp(text.data, word, text.len) == 0;
}

static bool is_on(struct slice value)
{
    return is(value, "ON") || is(value, "1");
}

static bool has(struct slice text, const char *word)
{
    return memmem(text.data, text.len, word, strlen(word)) != NULL;
}

void epoch_server_take(struct epoch_server *server, struct slice name, struct slice value)
{
    if (is(name, "version")) {
        server->is_mysql = !has(value, "MariaDB");
    } else if (is(name, "version_comment")) {
        server->is_proxy |= has(value, "ProxySQL") || has(value, "MaxScale");
    } else if (is(name, "connection")) {
        char number[24];

        snprintf(number, sizeof(number), "%.*s", (int)value.len, value.data);
        server->connection = strtoul(number, NULL, 10);
    } else {
        server->is_untried |= value.len != 0;
    }
}

enum collation_vendor epoch_vendor(const struct epoch_server *server)
{
    return server->is_mysql ? COLLATION_MYSQL : COLLATION_MARIADB;
}

const char *const *epoch_questions(const struct epoch_server *server)
{
    if (server->is_proxy || server->is_untried)
        return no_questions;
    return server->is_mysql ? mysql_questions : mariadb_questions;
}

static void take_place(struct binlog_place *place, struct slice name, struct slice value)
{
    char number[24];

    if (is(name, "Binlog_snapshot_file")) {
        snprintf(place->name, sizeof(place->name), "%.*s", (int)value.len, value.data);
    } else if (is(name, "Binlog_snapshot_position")) {
        snprintf(number, sizeof(number), "%.*s", (int)value.len, value.data);
        place->position = strtoull(number, NULL, 10);
    }
}

void epoch_take(struct epoch *epoch, struct slice name, struct slice value)
{
    if (is(name, "log_bin"))
        epoch->has_binlog = is_on(value);
    else if (is(name, "wsrep_on"))
        epoch->has_galera = is_on(value);
    else if (is(name, "gtid_mode"))
        epoch->has_gtid = is(value, "ON");
    else if (is(name, "Slave_running"))
        epoch->is_replicating = is_on(value);
    else if (is(name, "read_only"))
        epoch->is_read_only = is_on(value);
    take_place(&epoch->place, name, value);
    buffer_printf(&epoch->text, "%.*s=%.*s\n", (int)name.len, name.data, (int)value.len,
                  value.data);
}

static bool tells(const struct epoch *epoch, const char *name)
{
    return strstr(buffer_text(&epoch->text), name) != NULL;
}

bool epoch_is_sound(const struct epoch *epoch)
{
    bool is_replica = epoch->is_replicating && epoch->is_read_only;

    if (epoch->has_gtid)
        return tells(epoch, "gtid_executed=");
    /* A server that logs may be a replica too, whose changes it may not log. */
    if (!tells(epoch, "gtid_slave_pos="))
        return false;
    return (epoch->has_binlog && tells(epoch, "Binlog_snapshot_file=") &&
            tells(epoch, "Binlog_snapshot_position=")) ||
           (epoch->has_galera && tells(epoch, "wsrep_last_committed=")) ||
           (is_replica && !tells(epoch, "gtid_slave_pos=\n"));
}

/* It has line breaks of its own, and comes last. */
struct slice epoch_gtids(const struct epoch *epoch)
{
    const char *value = strstr(buffer_text(&epoch->text), "gtid_executed=");

    return slice_of(value != NULL ? value + strlen("gtid_executed=") : "");
}

bool epoch_equal(const struct epoch *a, const struct epoch *b)
{
    return slice_equal(buffer_slice(&a->text), buffer_slice(&b->text));
}

void epoch_clear(struct epoch *epoch)
{
    buffer_free(&epoch->text);
    *epoch = (struct epoch){.has_binlog = false};
}
