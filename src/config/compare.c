/*
 * compare - definitions as values: copied, freed, compared. What they consist of, and what of it decides
 * about what, is told by the option table; only the hosts have no row that could.
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "xmalloc.h"

static bool same_hosts(const struct db_params *a, const struct db_params *b)
{
    if (a->host_count != b->host_count)
        return false;
    for (size_t i = 0; i < a->host_count; i++)
        if (strcmp(a->hosts[i].text, b->hosts[i].text) != 0)
            return false;
    return true;
}

bool db_params_equal(const struct db_params *a, const struct db_params *b)
{
    return same_hosts(a, b) && options_equal(OPTION_IN_DB, CHANGE_CONNECTIONS, a, b);
}

void db_params_copy(const struct db_params *params, struct db_params *copy)
{
    *copy = *params;
    copy->hosts = NULL;
    copy->host_count = 0;
    options_own(OPTION_IN_DB, copy);
}

void db_params_free(struct db_params *params)
{
    for (size_t i = 0; i < params->host_count; i++)
        db_host_free(&params->hosts[i]);
    free(params->hosts);
    if (params->password != NULL)
        explicit_bzero(params->password, strlen(params->password));
    options_free(OPTION_IN_DB, params);
}

void table_def_append(const struct table_def *def, struct buffer *out)
{
    for (size_t i = 0; i < def->db.host_count; i++) {
        buffer_add_char(out, '+');
        buffer_add(out, def->db.hosts[i].text, strlen(def->db.hosts[i].text) + 1);
    }
    buffer_add_char(out, '.');
    options_append(OPTION_IN_DB, CHANGE_ANSWERS, &def->db, out);
    options_append(OPTION_IN_TABLE, CHANGE_ANSWERS, def, out);
}

bool table_def_equal(const struct table_def *a, const struct table_def *b)
{
    return same_hosts(&a->db, &b->db) &&
           options_equal(OPTION_IN_DB, CHANGE_ANSWERS, &a->db, &b->db) &&
           options_equal(OPTION_IN_TABLE, CHANGE_ANSWERS, a, b);
}
