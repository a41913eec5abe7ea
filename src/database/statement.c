/* statement - see the header. */
#include "statement.h"

enum outcome db_result_outcome(const struct db_result *result)
{
    switch (result->blame) {
    case DB_OK:
        return OUTCOME_OK;
    case DB_TIMED_OUT:
    case DB_TOO_LATE:
        return OUTCOME_TIMEOUT;
    default:
        return OUTCOME_TEMP;
    }
}

struct statement statement_of(const struct table_answer *answer)
{
    return (struct statement){.template = answer->rules->template, .key = answer->key};
}

enum outcome statement_judge(const struct db_result *result, struct table_answer *answer,
                             const char **reason)
{
    const struct db_rows *rows = &result->rows;
    enum outcome outcome = db_result_outcome(result);
    bool more = true;

    *reason = result->text;
    if (outcome != OUTCOME_OK)
        return outcome;
    for (size_t at = 0; more && at < rows->count * rows->columns; at += rows->columns)
        more = table_answer_row(answer, rows->columns, rows->fields + at, rows->lengths + at);
    return table_answer_judge(answer, result->has_rows_set, reason);
}
