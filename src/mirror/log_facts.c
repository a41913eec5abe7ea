/* log_facts - see the header. */
#include "log_facts.h"

#include <stddef.h>
#include <strings.h>

const char *const log_facts_questions[] = {
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_format', "
    "'log_slave_updates', 'log_replica_updates', 'gtid_slave_pos', 'gtid_mode', 'wsrep_on', "
    "'binlog_do_db', 'binlog_ignore_db')",
    "SHOW GLOBAL STATUS WHERE Variable_name = 'Slave_running'",
    NULL,
};

static bool is(const char *name, const char *word)
{
    return strcasecmp(name, word) == 0;
}

static bool is_on(const char *value)
{
    return is(value, "ON") || is(value, "1");
}

void log_facts_take(struct log_facts *facts, const char *name, const char *value)
{
    if (is(name, "log_bin"))
        facts->has_log = is_on(value);
    else if (is(name, "binlog_format"))
        facts->is_rows = is(value, "ROW");
    else if (is(name, "log_slave_updates") || is(name, "log_replica_updates"))
        facts->logs_replicated = is_on(value);
    else if (is(name, "gtid_slave_pos"))
        facts->is_replica |= value[0] != '\0';
    else if (is(name, "Slave_running"))
        facts->is_replica |= is_on(value);
    else if (is(name, "gtid_mode"))
        facts->lacks_gtids = !is_on(value);
    else if (is(name, "wsrep_on"))
        facts->is_galera = is_on(value);
    else if (is(name, "binlog_do_db") || is(name, "binlog_ignore_db"))
        facts->is_filtered |= value[0] != '\0';
}

const char *log_facts_objection(const struct log_facts *facts, const char **remedy)
{
    *remedy = "leave mirror_stream out";
    if (!facts->has_log) {
        *remedy = "set log_bin and server_id in its configuration, or leave mirror_stream out";
        return "the server has no binary log (log_bin)";
    }
    if (!facts->is_rows) {
        *remedy =
            "set binlog_format = ROW in its configuration, and SET GLOBAL binlog_format = ROW";
        return "the server's binlog_format is not ROW";
    }
    if (facts->lacks_gtids) {
        *remedy = "set gtid_mode = ON there, or leave mirror_stream out";
        return "the server's gtid_mode is not ON";
    }
    if (facts->is_galera)
        return "the server is a node of a Galera cluster";
    if (facts->is_replica && !facts->logs_replicated) {
        *remedy = "set log_slave_updates in its configuration, or leave mirror_stream out";
        return "the server is a replica that does not log what it replicates (log_slave_updates)";
    }
    if (facts->is_filtered)
        return "the server does not log all databases (binlog_do_db, binlog_ignore_db)";
    return NULL;
}
