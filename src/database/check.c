/*
 * check - whether the answers of several queries are theirs. In the protocol an answer carries no
 * mark of its query, so if whatever lies between us and the server lost one of them, or one query, each
 * later answer would be taken for that of another query. Therefore the last of several is a query of
 * our own, for a number that was never asked before on the connection: its answer in its place proves
 * that nothing is missing before it.
 */
#include "connection.h"

#include <inttypes.h>
#include <stdio.h>

#include "embed.h"

static void on_write_sql(struct db_query *query, template_quote *quote, void *quote_arg,
                         struct buffer *sql)
{
    const struct db *db = OWNER_OF(query, struct db, check);

    (void)quote;
    (void)quote_arg;
    buffer_printf(sql, "SELECT %" PRIu32, db->check_number);
}

void db_check_add(struct db *db)
{
    db->check_number++;
    db->check = (struct db_query){.write_sql = on_write_sql};
    db->flights[db->flight_count++].query = &db->check;
}

bool db_check_is_right(const struct db *db)
{
    const struct db_flight *last = &db->flights[db->flight_count - 1];
    char number[sizeof("4294967295")];
    int len = snprintf(number, sizeof(number), "%" PRIu32, db->check_number);

    return db->answered == db->flight_count && last->result.blame == DB_OK &&
           db_rows_are(&last->rows, (struct slice){number, (size_t)len});
}
