/* tables - table definitions, from sections and mysql_table(5) files; see parts.h. */
#include "parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "doubts.h"
#include "log.h"
#include "units.h"
#include "xmalloc.h"

static bool read_hosts(struct db_params *db, const struct settings_chain *chain,
                       struct buffer *error)
{
    const char *list = settings_find_name(chain, "hosts").text;
    struct slice member;
    bool good = true;

    /* As Postfix: an empty list is the local server. */
    if (strspn(list, ", \t\r\n") == strlen(list))
        list = option_find("hosts")->fallback;
    while (good && option_next_member(&list, &member)) {
        char *text = xstrndup(member.data, member.len);
        struct buffer why = BUFFER_EMPTY;
        struct db_host host;

        good = db_host_parse(text, &host, &why) ||
               settings_fail_value(chain, "hosts", buffer_text(&why), error);
        if (good) {
            db->hosts = xrealloc(db->hosts, (db->host_count + 1) * sizeof(*db->hosts));
            db->hosts[db->host_count++] = host;
        }
        buffer_free(&why);
        free(text);
    }
    return good;
}

/* The SELECT that mysql_table(5) builds from the parameters of before Postfix 2.2. */
static bool build_legacy_query(struct table_def *table, const struct settings *own,
                               struct buffer *error)
{
    static const char *const needed[] = {"table", "select_field", "where_field"};
    const char *text[3];
    const char *conditions = settings_get(own, "additional_conditions").text;
    unsigned written = 0;

    for (size_t i = 0; i < 3; i++) {
        text[i] = settings_get(own, needed[i]).text;
        written += text[i] != NULL && text[i][0] != '\0';
    }
    if (written == 0)
        return settings_fail(own, 0, error, "expected query%s",
                             own->kind == OPTION_MAP ? " or tables in this section" : "");
    for (size_t i = 0; i < 3; i++)
        if (text[i] == NULL || text[i][0] == '\0')
            return settings_fail(own, settings_get(own, needed[i]).line, error,
                                 "expected %s, or query instead of the older parameters",
                                 needed[i]);
    table->query = xasprintf("SELECT %s FROM %s WHERE %s='%%s' %s", text[1], text[0], text[2],
                             conditions != NULL ? conditions : "");
    return true;
}

/* Where the query was written, for messages about it. */
static unsigned query_line(const struct settings *own)
{
    struct setting query = settings_get(own, "query");

    return query.text != NULL && query.text[0] != '\0' ? query.line
                                                       : settings_get(own, "where_field").line;
}

static void warn_of_query(const struct table_def *table, const struct settings *own)
{
    if (!template_is_dynamic(table->rules.template))
        log_warning("%s:%u: query has no expansion such as '%%s': every key gets the same answer",
                    own->file, query_line(own));
    if (strncasecmp(table->query, "CALL ", strlen("CALL ")) == 0 &&
        settings_get(own, "cache").text == NULL)
        log_warning("%s:%u: query: a procedure is not called while its answer is cached; write "
                    "cache = no if it does more than answer, else cache = yes",
                    own->file, query_line(own));
}

static bool compile_templates(struct table_def *table, const struct settings_chain *chain,
                              struct buffer *error)
{
    struct buffer why = BUFFER_EMPTY;

    table->rules.template = template_new(table->query, table->result_format, &why);
    if (table->rules.template == NULL) {
        struct found format = settings_find_name(chain, "result_format");

        /* The message names the parameter. */
        if (strncmp(buffer_text(&why), "result_format", strlen("result_format")) == 0 &&
            format.in != NULL)
            settings_fail(format.in, format.line, error, "%s", buffer_text(&why));
        else
            settings_fail(chain->at[0], query_line(chain->at[0]), error, "%s", buffer_text(&why));
    } else {
        warn_of_query(table, chain->at[0]);
    }
    buffer_free(&why);
    return table->rules.template != NULL;
}

static bool compile_domains(struct table_def *table, const struct settings_chain *chain,
                            struct buffer *error)
{
    struct buffer why = BUFFER_EMPTY;

    if (table->domain[0] == '\0')
        return true;
    table->rules.domains = domain_list_new(table->domain, &why);
    if (table->rules.domains == NULL) {
        struct found domain = settings_find_name(chain, "domain");

        settings_fail(domain.in, domain.line, error, "%s", buffer_text(&why)); /* names itself */
    }
    buffer_free(&why);
    return table->rules.domains != NULL;
}

void tables_warn_of_timeout(const struct settings *settings, const struct server_options *server)
{
    struct setting timeout = settings_get(settings, "connect_timeout");
    struct buffer ignored = BUFFER_EMPTY;
    uint64_t ms;

    if (timeout.text != NULL && units_parse_time(timeout.text, &ms, &ignored) &&
        ms >= server->lookup_timeout_ms)
        log_warning("%s:%u: connect_timeout is not shorter than lookup_timeout: a lookup that "
                    "waits for a silent host cannot try another",
                    settings->file, timeout.line);
    buffer_free(&ignored);
}

/* With a [database] that is where it lacks. */
static bool fail_dbname(const struct settings *own, const struct settings *database,
                        struct buffer *error)
{
    if (own->kind == OPTION_CF)
        return settings_fail(own, 0, error, "expected dbname");
    if (database->line == 0)
        return settings_fail(own, 0, error, "expected dbname, here or in [database]");
    return settings_fail(database, 0, error, "expected dbname in [database], or in [%s %s]",
                         own->kind == OPTION_MAP ? "map" : "table", own->name);
}

static bool fill(struct table_def *table, const struct settings_chain *chain,
                 const struct server_options *server, struct buffer *error)
{
    const struct settings *own = chain->at[0];

    table->db.tls_verify_cert = TRI_UNSET;
    /* A lookup whose host hangs has time left for another one. */
    table->db.query_timeout_ms = server->lookup_timeout_ms / 2;
    if (!settings_store(chain, OPTION_IN_TABLE, table, error) ||
        !settings_store(chain, OPTION_IN_DB, &table->db, error) ||
        (table->query == NULL && !build_legacy_query(table, own, error)))
        return false;
    if (table->db.dbname == NULL)
        return fail_dbname(own, chain->at[1], error);
    tables_warn_of_timeout(own, server);
    return read_hosts(&table->db, chain, error) && table_def_read_passwords(table, chain, error) &&
           compile_templates(table, chain, error) && compile_domains(table, chain, error);
}

bool tables_check_defaults(const struct settings *database, struct buffer *error)
{
    const struct settings_chain chain = {1, {database}};
    struct table_def *table = xcalloc(1, sizeof(*table));
    bool good = settings_store(&chain, OPTION_IN_TABLE, table, error) &&
                settings_store(&chain, OPTION_IN_DB, &table->db, error) &&
                read_hosts(&table->db, &chain, error);

    table_def_free(table);
    return good;
}

static struct table_def *table_new(const struct settings *own, const char *name,
                                   const struct sections *sections,
                                   const struct server_options *server, struct buffer *error)
{
    const struct settings_chain chain = {3, {own, sections->database, sections->cache}};
    struct table_def *table = xcalloc(1, sizeof(*table));

    table->name = xstrdup(name);
    table->origin =
        own->kind == OPTION_CF ? xstrdup(name) : xasprintf("%s:%u", own->file, own->line);
    if (fill(table, &chain, server, error)) {
        db_params_seal(&table->db);
        return table;
    }
    table_def_free(table);
    return NULL;
}

struct table_def *table_def_from_section(const struct settings *own,
                                         const struct sections *sections,
                                         const struct server_options *server, struct buffer *error)
{
    return table_new(own, own->name, sections, server, error);
}

/* To Postfix a negative limit is none. */
static void read_expansion_limit(struct settings *own)
{
    struct setting limit = settings_get(own, "expansion_limit");

    if (limit.text == NULL || limit.text[0] != '-' || limit.text[1] == '\0' ||
        limit.text[1 + strspn(limit.text + 1, "0123456789")] != '\0')
        return;
    log_warning("%s:%u: expansion_limit: a negative number is no limit, as in Postfix; write 0",
                own->file, limit.line);
    settings_set(own, "expansion_limit", "0");
}

static bool add_lines(struct settings *own, const struct cf_file *file, struct buffer *error)
{
    for (size_t i = 0; i < cf_count(file); i++)
        if (!settings_add(own, cf_line(file, i), error))
            return false;
    settings_warn_of_password(own, file);
    read_expansion_limit(own);
    return doubts_check(own, error);
}

struct table_def *table_def_from_file(const char *path, const char *option,
                                      const struct sections *sections,
                                      const struct server_options *server,
                                      const struct settings *user, unsigned line,
                                      struct buffer *error)
{
    struct table_def *table = NULL;
    struct settings *own;
    struct cf_file *file;

    if (access(path, R_OK) != 0) {
        settings_fail(user, line, error, "%s: cannot read %s: %s", option, path, strerror(errno));
        return NULL;
    }
    file = cf_read(path, false, error);
    if (file == NULL)
        return NULL;
    own = settings_new(OPTION_CF, cf_name(file), "", 1);
    if (add_lines(own, file, error))
        table = table_new(own, path, sections, server, error);
    settings_free(own);
    cf_free(file);
    return table;
}

void table_def_free(struct table_def *table)
{
    table_def_forget_passwords(table);
    db_params_free(&table->db);
    options_free(OPTION_IN_TABLE, table);
    if (table->rules.template != NULL)
        template_free(table->rules.template);
    if (table->rules.domains != NULL)
        domain_list_free(table->rules.domains);
    free(table->name);
    free(table->origin);
    free(table);
}
