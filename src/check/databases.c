/* databases - see the header. */
#include "databases.h"

#include <event2/event.h>
#include <stdlib.h>

#include "library.h"
#include "query.h"
#include "session.h"
#include "table.h"

/* An address that fills every template: localpart, domain and more than nine labels. */
static const struct slice sample_key = {"vmapctl-check@i.h.g.f.e.d.c.b.a.invalid", 39};

/* How the query of a table is asked for it; before: what stands before it. */
static struct statement sample_statement(const struct table_def *table, const char *before)
{
    const struct table_answer answer = {.rules = &table->rules, .key = sample_key};
    struct statement statement = statement_of(&answer);

    statement.text = before;
    return statement;
}

/* The last column of the one row of a statement of ours; "" if there is none. */
static void ask_text(struct db_session *session, const char *sql, struct buffer *text)
{
    const struct statement statement = {.text = sql};
    struct db_result result;
    const struct db_rows *rows = &result.rows;

    if (db_session_ask(session, &statement, &result) && rows->count > 0 &&
        rows->fields[rows->columns - 1] != NULL)
        buffer_add_text(text, rows->fields[rows->columns - 1]);
}

/* --- one table ------------------------------------------------------------------------------ */

static const char *advice_for_query(unsigned error)
{
    switch (error) {
    case 1142: /* ER_TABLEACCESS_DENIED_ERROR */
    case 1143: /* ER_COLUMNACCESS_DENIED_ERROR */
    case 1370: /* ER_PROCACCESS_DENIED_ERROR */
        return "GRANT the account what it needs";
    case 1054: /* ER_BAD_FIELD_ERROR */
    case 1146: /* ER_NO_SUCH_TABLE */
    case 1305: /* ER_SP_DOES_NOT_EXIST */
        return "mend the query, or dbname";
    default:
        return "mend the query";
    }
}

/* The plain query, where EXPLAIN did not work: that alone is not wrong. */
static void try_plainly(struct check *check, struct db_session *session, const char *host,
                        const struct table_def *table, const char *no_plan)
{
    const struct statement statement = sample_statement(table, "");
    struct db_result result;

    if (!db_session_ask(session, &statement, &result))
        check_problem(check, "%s: the query of table %s fails on %s: %s; %s", table->origin,
                      table->name, host, result.text, advice_for_query(result.error));
    else if (!result.has_rows_set && table->rules.require_result_set)
        check_problem(check,
                      "%s: the query of table %s gives no result set on %s; mend it, or set "
                      "require_result_set = no",
                      table->origin, table->name, host);
    else
        check_note(check, "%s: the query of table %s works, but cannot be explained: %s",
                   table->origin, table->name, no_plan);
}

static void check_plan(struct check *check, struct db_session *session, const char *host,
                       const struct table_def *table)
{
    const struct statement statement = sample_statement(table, "EXPLAIN ");
    struct db_result result;
    const struct db_rows *rows = &result.rows;

    if (!db_session_ask(session, &statement, &result)) {
        try_plainly(check, session, host, table, result.text);
        return;
    }
    for (size_t i = 0; i < rows->count; i++)
        check_plan_row(check, table, rows->columns, rows->fields + i * rows->columns);
}

static void check_table(struct check *check, struct db_session *session, const char *host,
                        const struct table_def *table)
{
    if (query_is_call(table->query))
        check_note(check,
                   "%s: table %s calls a procedure, which cannot be tried without running it",
                   table->origin, table->name);
    else if (!template_key_fits(table->rules.template, sample_key))
        check_note(check, "%s: no key fits the query of table %s", table->origin, table->name);
    else
        check_plan(check, session, host, table);
}

/* --- one host ------------------------------------------------------------------------------- */

static void list_tables(const struct config *config, const struct db_params *params,
                        struct buffer *out)
{
    for (size_t i = 0; i < config->table_count; i++)
        if (db_params_equal(&config->tables[i]->db, params))
            buffer_printf(out, "%s%s", out->len > 0 ? ", " : "", config->tables[i]->name);
}

static const char *advice_for_connect(unsigned error)
{
    switch (error) {
    case 1044: /* ER_DBACCESS_DENIED_ERROR */
        return "mend dbname, or GRANT the account access to it";
    case 1045: /* ER_ACCESS_DENIED_ERROR */
        return "check user and password, that the account may come from this machine, and whether "
               "it requires TLS (the tls_ parameters)";
    case 1049: /* ER_BAD_DB_ERROR */
        return "check dbname";
    case 2002: /* CR_CONNECTION_ERROR */
    case 2003: /* CR_CONN_HOST_ERROR */
        return "check hosts; does the server run, and listen there?";
    case 2005: /* CR_UNKNOWN_HOST */
        return "check hosts, and the name in the DNS";
    case 2026: /* CR_SSL_CONNECTION_ERROR */
        return "check the tls_ parameters and the server's certificate";
    default:
        return "check hosts, user, password and dbname";
    }
}

static void describe_host(struct check *check, struct db_session *session, const char *host,
                          const char *tables)
{
    struct buffer version = BUFFER_EMPTY, tls = BUFFER_EMPTY;

    ask_text(session, "SELECT VERSION()", &version);
    ask_text(session, "SHOW SESSION STATUS LIKE 'Ssl_version'", &tls);
    check_ok(check, "host %s: %s, %s (tables %s)", host, buffer_text(&version),
             tls.len > 0 ? buffer_text(&tls) : "without TLS", tables);
    buffer_free(&version);
    buffer_free(&tls);
}

static void check_host(struct check *check, struct event_base *base, const struct config *config,
                       const struct table_def *first, const struct db_host *host)
{
    struct buffer tables = BUFFER_EMPTY;
    struct db_result result;
    struct db_session *session = db_session_open(base, &first->db, host, &result);

    list_tables(config, &first->db, &tables);
    if (session == NULL)
        check_problem(check, "%s: host %s cannot be used (tables %s): %s; %s", first->origin,
                      host->text, buffer_text(&tables), result.text,
                      advice_for_connect(result.error));
    else
        describe_host(check, session, host->text, buffer_text(&tables));
    for (size_t i = 0; session != NULL && i < config->table_count; i++)
        if (db_params_equal(&config->tables[i]->db, &first->db))
            check_table(check, session, host->text, config->tables[i]);
    db_session_close(session);
    buffer_free(&tables);
}

/* Whether the table is the first one with its connection parameters. */
static bool is_first(const struct config *config, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (db_params_equal(&config->tables[i]->db, &config->tables[index]->db))
            return false;
    return true;
}

void check_databases(struct check *check, const struct config *config)
{
    struct event_base *base = event_base_new();

    db_start(base);
    for (size_t i = 0; i < config->table_count; i++) {
        const struct table_def *table = config->tables[i];

        for (size_t j = 0; is_first(config, i) && j < table->db.host_count; j++)
            check_host(check, base, config, table, &table->db.hosts[j]);
    }
    db_stop();
    event_base_free(base);
}
