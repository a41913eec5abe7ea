/* sql_words - see the header. All lists are in lower case. */
#include "sql_words.h"

#include <strings.h>

/* Wherever they stand, nested SELECTs included: there they are often not certain to repeat themselves. */
static const char *const refused[] = {
    "union",
    "except",
    "intersect",
    "minus",
    "group",
    "having",
    "distinct",
    "distinctrow",
    "limit",
    "offset",
    "fetch",
    "into",
    "procedure",
    "for",
    "lock",
    "over",
    "window",
    "qualify",
    "returning",
    "rownum",
    "current_user",
    "current_role",
    "session_user",
    "system_user",
    "default",
    "straight_join",
    "high_priority",
    "sql_calc_found_rows",
    "sql_no_cache",
    "sql_cache",
    "sql_small_result",
    "sql_big_result",
    "sql_buffer_result",
};

static const char *const time_words[] = {
    "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp",
    "utc_date",     "utc_time",     "utc_timestamp",     "sysdate",
};

/* With brackets only. */
static const char *const time_functions[] = {"now", "curdate", "curtime", "unix_timestamp"};

/* Words that '(' may follow though they call nothing. */
static const char *const not_called[] = {
    "select", "from",    "where",   "and",    "or",   "xor",       "not",      "in",    "on",
    "using",  "join",    "as",      "exists", "any",  "all",       "some",     "row",   "between",
    "like",   "rlike",   "regexp",  "div",    "mod",  "binary",    "is",       "case",  "when",
    "then",   "else",    "by",      "index",  "key",  "partition", "interval", "order", "against",
    "char",   "varchar", "decimal", "nchar",  "time", "datetime",
};

static const char *const pure[] = {
    /* texts */
    "ascii",
    "bin",
    "bit_length",
    "char_length",
    "character_length",
    "chr",
    "concat",
    "concat_ws",
    "elt",
    "field",
    "find_in_set",
    "format",
    "from_base64",
    "hex",
    "insert",
    "instr",
    "lcase",
    "left",
    "length",
    "locate",
    "lower",
    "lpad",
    "ltrim",
    "mid",
    "octet_length",
    "ord",
    "position",
    "quote",
    "regexp_instr",
    "regexp_like",
    "regexp_replace",
    "regexp_substr",
    "repeat",
    "replace",
    "reverse",
    "right",
    "rpad",
    "rtrim",
    "soundex",
    "space",
    "strcmp",
    "substr",
    "substring",
    "substring_index",
    "to_base64",
    "trim",
    "ucase",
    "unhex",
    "upper",
    /* choices and types */
    "cast",
    "coalesce",
    "convert",
    "greatest",
    "if",
    "ifnull",
    "isnull",
    "least",
    "nullif",
    "nvl",
    "nvl2",
    /* numbers */
    "abs",
    "ceil",
    "ceiling",
    "conv",
    "crc32",
    "exp",
    "floor",
    "ln",
    "log",
    "log10",
    "log2",
    "oct",
    "pow",
    "power",
    "round",
    "sign",
    "sqrt",
    "truncate",
    /* times that are given */
    "adddate",
    "addtime",
    "date",
    "date_add",
    "date_format",
    "date_sub",
    "datediff",
    "day",
    "dayofmonth",
    "dayofweek",
    "dayofyear",
    "extract",
    "from_days",
    "from_unixtime",
    "hour",
    "last_day",
    "makedate",
    "maketime",
    "minute",
    "month",
    "quarter",
    "second",
    "str_to_date",
    "subdate",
    "subtime",
    "time_to_sec",
    "timediff",
    "timestamp",
    "timestampadd",
    "timestampdiff",
    "to_days",
    "to_seconds",
    "week",
    "weekday",
    "year",
    /* digests, addresses, JSON */
    "md5",
    "sha",
    "sha1",
    "sha2",
    "inet6_aton",
    "inet6_ntoa",
    "inet_aton",
    "inet_ntoa",
    "json_array",
    "json_contains",
    "json_exists",
    "json_extract",
    "json_length",
    "json_object",
    "json_query",
    "json_quote",
    "json_type",
    "json_unquote",
    "json_valid",
    "json_value",
};

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))

static bool is_any(const struct sql_token *token, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (sql_is(token, list[i]))
            return true;
    return false;
}

#define IS_ANY(token, list) is_any(token, list, COUNT_OF(list))

static enum sql_meaning called(const struct sql_token *token)
{
    if (token->kind == SQL_NAME || token->kind == SQL_DOUBLE)
        return SQL_UNKNOWN_CALL;
    if (token->kind != SQL_WORD || IS_ANY(token, not_called) || IS_ANY(token, pure))
        return SQL_PLAIN;
    return IS_ANY(token, time_functions) ? SQL_TIME : SQL_UNKNOWN_CALL;
}

enum sql_meaning sql_meaning(const struct sql_token *token, const struct sql_token *next)
{
    if (token->kind == SQL_WORD && IS_ANY(token, refused))
        return SQL_REFUSED;
    if (token->kind == SQL_WORD && IS_ANY(token, time_words))
        return SQL_TIME;
    return next != NULL && sql_is(next, "(") ? called(token) : SQL_PLAIN;
}

bool sql_is_constant(const struct sql_token *token)
{
    static const char *const constants[] = {"true", "false", "null", "unknown"};

    return (token->text.data[0] >= '0' && token->text.data[0] <= '9') || IS_ANY(token, constants);
}
