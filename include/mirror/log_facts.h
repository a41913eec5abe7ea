/* log_facts - what a server says of its binary log, and whether a log like that tells all changes. Pure. */
#ifndef VMAPD_MIRROR_LOG_FACTS_H
#define VMAPD_MIRROR_LOG_FACTS_H

#include <stdbool.h>

/* Zero-initialise. What no server says is left as it is. */
struct log_facts {
    bool has_log, is_rows, logs_replicated, is_replica, is_galera, is_filtered, lacks_gtids;
};

/* SQL whose answers have rows of two columns, name and value, for log_facts_take(); ends with NULL. */
extern const char *const log_facts_questions[];
void log_facts_take(struct log_facts *facts, const char *name, const char *value);

/* Why the log does not tell all, a sentence without a full stop; NULL: it does. And what to do then. */
const char *log_facts_objection(const struct log_facts *facts, const char **remedy);

#endif
