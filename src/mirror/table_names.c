/*
 * table_names - see the header.
 *
 * Each word behind FROM or JOIN, or behind a comma between them, is taken for a table, wherever it
 * stands. What is none (a view, the name of a WITH, the FROM of a function) is none for the server either.
 */
#include "table_names.h"

#include <stdlib.h>
#include <strings.h>

#include "select.h"
#include "sql_words.h"

#define DEPTH_MAX 64

/* A table as written; no database is the connection's. */
struct written {
    struct slice database, table;
};

struct finding {
    struct select_span all;
    struct written written[TABLE_NAMES_MAX];
    size_t count;
    bool in_from[DEPTH_MAX]; /* at each depth of brackets: between FROM and the next clause */
    size_t depth;
};

/* --- the text ------------------------------------------------------------------------------- */

static bool is_name(const struct finding *finding, const struct sql_token *token)
{
    return token < finding->all.to && (token->kind == SQL_WORD || token->kind == SQL_NAME);
}

static bool is_at(const struct finding *finding, const struct sql_token *token, const char *word)
{
    return token < finding->all.to && sql_is(token, word);
}

/* A name without its quotes; one with a quote in it is left to be unknown. */
static struct slice name_of(const struct sql_token *token)
{
    struct slice text = token->text;

    if (token->kind == SQL_NAME && text.len >= 2)
        text = (struct slice){text.data + 1, text.len - 2};
    return text;
}

/* What stands where a table is expected. False: who knows. */
static bool take_table(struct finding *finding, const struct sql_token *token)
{
    struct written written = {{NULL, 0}, {NULL, 0}};

    if (is_at(finding, token, "(")) /* whose own FROM is looked at in its turn */
        return is_at(finding, token + 1, "select");
    if (is_at(finding, token, "dual"))
        return true;
    if (!is_name(finding, token) || finding->count == TABLE_NAMES_MAX)
        return false;
    written.table = name_of(token);
    if (is_at(finding, token + 1, ".")) {
        if (!is_name(finding, token + 2))
            return false;
        written.database = written.table;
        written.table = name_of(token + 2);
    }
    finding->written[finding->count++] = written;
    return true;
}

static bool ends_from(const struct sql_token *token)
{
    static const char *const words[] = {"select",    "where", "group",     "having",    "order",
                                        "limit",     "union", "intersect", "minus",     "except",
                                        "for",       "into",  "window",    "procedure", "lock",
                                        "returning", "fetch", "offset"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (sql_is(token, words[i]))
            return true;
    return false;
}

/* What reads tables that it does not name. */
static bool hides_tables(const struct finding *finding, const struct sql_token *token)
{
    const struct sql_token *next = token + 1 < finding->all.to ? token + 1 : NULL;

    if (select_is_part(finding->all, token))
        return next != NULL && sql_is(next, "(");
    return sql_is(token, "table") || sql_meaning(token, next) == SQL_UNKNOWN_CALL;
}

static bool take_bracket(struct finding *finding, const struct sql_token *token)
{
    if (sql_is(token, "(")) {
        if (finding->depth + 1 == DEPTH_MAX)
            return false;
        finding->in_from[++finding->depth] = false;
    } else if (sql_is(token, ")")) {
        if (finding->depth-- == 0)
            return false;
    }
    return true;
}

static bool take_token(struct finding *finding, const struct sql_token *token)
{
    bool *in_from = &finding->in_from[finding->depth];
    bool is_part = select_is_part(finding->all, token);

    if (hides_tables(finding, token))
        return false;
    if (sql_is(token, "(") || sql_is(token, ")"))
        return take_bracket(finding, token);
    if (is_part)
        return true;
    if (sql_is(token, "from"))
        *in_from = true;
    else if (ends_from(token))
        *in_from = false;
    if (sql_is(token, "from") || sql_is(token, "join") || sql_is(token, "straight_join") ||
        (*in_from && sql_is(token, ",")))
        return take_table(finding, token + 1);
    return true;
}

static bool find_tables(const struct sql_tokens *tokens, struct finding *finding)
{
    *finding = (struct finding){.all = {tokens->at, tokens->at + tokens->count}};
    for (size_t i = 0; i < tokens->count; i++)
        if (!take_token(finding, &tokens->at[i]))
            return false;
    return finding->depth == 0 && finding->count != 0;
}

/* --- the question --------------------------------------------------------------------------- */

/* Whatever the SQL mode. */
static void add_hex(struct slice text, struct buffer *sql)
{
    buffer_add_text(sql, "_utf8mb4 0x");
    for (size_t i = 0; i < text.len; i++)
        buffer_printf(sql, "%02x", (unsigned char)text.data[i]);
}

/* The server finds a table whatever the case of its name, where the system's files are so. */
static void add_question(const struct written *written, size_t index, struct buffer *sql)
{
    buffer_printf(sql,
                  "%sSELECT %zu, TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE FROM "
                  "information_schema.TABLES WHERE TABLE_SCHEMA = ",
                  index != 0 ? " UNION ALL " : "", index);
    if (written->database.data == NULL)
        buffer_add_text(sql, "DATABASE()");
    else
        add_hex(written->database, sql);
    buffer_add_text(sql, " AND TABLE_NAME = ");
    add_hex(written->table, sql);
    buffer_add_text(sql, " AND (@@lower_case_table_names <> 0 OR CAST(TABLE_NAME AS BINARY) = 0x");
    for (size_t i = 0; i < written->table.len; i++)
        buffer_printf(sql, "%02x", (unsigned char)written->table.data[i]);
    buffer_add_char(sql, ')');
}

bool table_names_begin(struct table_names *names, const char *rows_sql, struct buffer *question)
{
    struct sql_tokens tokens = {NULL, 0};
    struct buffer reason = BUFFER_EMPTY;
    struct finding finding;
    bool is_found =
        sql_scan(rows_sql, &tokens, &reason) && tokens.count != 0 && find_tables(&tokens, &finding);

    table_names_clear(names);
    for (size_t i = 0; is_found && i < finding.count; i++) {
        add_question(&finding.written[i], i, question);
        names->wanted |= UINT64_C(1) << i;
    }
    sql_tokens_free(&tokens);
    buffer_free(&reason);
    return is_found;
}

/* --- the answer ----------------------------------------------------------------------------- */

/* Those whose changes are in the log. */
static bool engine_is_known(const char *engine)
{
    static const char *const engines[] = {"InnoDB", "MyISAM", "Aria", "ROCKSDB"};

    for (size_t i = 0; i < sizeof(engines) / sizeof(engines[0]); i++)
        if (strcasecmp(engine, engines[i]) == 0)
            return true;
    return false;
}

void table_names_take(struct table_names *names, const char *const *fields)
{
    for (size_t i = 0; i < 4; i++)
        if (fields[i] == NULL)
            return;
    if (strcasecmp(fields[3], "BASE TABLE") != 0)
        return;
    if (fields[4] == NULL || !engine_is_known(fields[4])) {
        buffer_clear(&names->elsewhere);
        buffer_printf(&names->elsewhere, "%s.%s is of engine %s: its changes may be in no log",
                      fields[1], fields[2], fields[4] != NULL ? fields[4] : "none");
        return;
    }
    names->taken |= UINT64_C(1) << (strtoul(fields[0], NULL, 10) & 63);
    buffer_add(&names->text, fields[1], strlen(fields[1]) + 1);
    buffer_add(&names->text, fields[2], strlen(fields[2]) + 1);
}

void table_names_end(struct table_names *names)
{
    names->is_known = names->wanted != 0 && names->taken == names->wanted;
}

void table_names_clear(struct table_names *names)
{
    buffer_free(&names->text);
    buffer_free(&names->elsewhere);
    *names = (struct table_names){.is_known = false};
}

static bool is(const char *name, struct slice text)
{
    return strlen(name) == text.len && strncasecmp(name, text.data, text.len) == 0;
}

bool table_names_have(const struct table_names *names, struct slice database, struct slice table)
{
    const char *at = buffer_text(&names->text);
    const char *end = at + names->text.len;

    if (!names->is_known)
        return true;
    while (at < end) {
        const char *name = at + strlen(at) + 1;

        if (is(at, database) && is(name, table))
            return true;
        at = name + strlen(name) + 1;
    }
    return false;
}
