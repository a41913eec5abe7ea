/* mirrors - see the header. A query that can't be turned around is nothing wrong; a mirror_query of no
 * use is. */
#include "mirrors.h"

#include "eligible.h"

static void check_mirror(struct check *check, const struct table_def *table)
{
    struct buffer reason = BUFFER_EMPTY;
    struct turned turned;

    if (!eligible_check(table, &turned, &reason)) {
        if (table->mirror_query != NULL)
            check_problem(check, "%s: table %s is not mirrored: %s", table->origin, table->name,
                          buffer_text(&reason));
        else
            check_note(check, "%s: table %s is not mirrored: %s", table->origin, table->name,
                       buffer_text(&reason));
    }
    turned_free(&turned);
    buffer_free(&reason);
}

static void check_stream(struct check *check, const struct table_def *table)
{
    if (table->mirror_stream && !table->mirror)
        check_note(check, "%s: table %s has mirror_stream, which does nothing without mirror = yes",
                   table->origin, table->name);
}

void check_mirrors(struct check *check, const struct config *config)
{
    for (size_t i = 0; i < config->table_count; i++) {
        if (config->tables[i]->mirror)
            check_mirror(check, config->tables[i]);
        check_stream(check, config->tables[i]);
    }
}
