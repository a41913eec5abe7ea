/* table_def - see the header. What decides about its answers is told by the option table. */
#include "table_def.h"

#include "options.h"

bool table_def_knows(const char *parameter)
{
    return option_find_in(parameter, OPTION_TABLE) != NULL;
}

void table_def_append(const struct table_def *def, struct buffer *out)
{
    db_params_append_hosts(&def->db, out);
    options_append(OPTION_IN_DB, CHANGE_ANSWERS, &def->db, out);
    options_append(OPTION_IN_TABLE, CHANGE_ANSWERS, def, out);
}

bool table_def_equal_but_hosts(const struct table_def *a, const struct table_def *b)
{
    return options_equal(OPTION_IN_DB, CHANGE_ANSWERS, &a->db, &b->db) &&
           options_equal(OPTION_IN_TABLE, CHANGE_ANSWERS, a, b);
}

bool table_def_same_rows(const struct table_def *a, const struct table_def *b)
{
    return table_def_equal_but_hosts(a, b) && options_equal(OPTION_IN_TABLE, CHANGE_ROWS, a, b);
}

bool table_def_equal(const struct table_def *a, const struct table_def *b)
{
    return db_params_same_hosts(&a->db, &b->db) && table_def_equal_but_hosts(a, b);
}

/* An account of its own has a password of its own, or none. It has perhaps no right for the database, and
 * no use for it. */
void table_def_stream_params(const struct table_def *def, struct db_params *params)
{
    *params = def->db;
    params->dbname = NULL;
    params->hash = 0;
    if (def->stream_user == NULL)
        return;
    params->user = def->stream_user;
    params->password = def->stream_password;
}

bool table_def_same_stream(const struct table_def *a, const struct table_def *b)
{
    struct db_params one, other;

    table_def_stream_params(a, &one);
    table_def_stream_params(b, &other);
    return db_params_equal(&one, &other);
}
