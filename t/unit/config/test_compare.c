/*
 * What another value of a parameter means at a reload: for what needs a restart, for the connections of
 * a table, and for what was answered before. The option table says it; no parameter can be left out.
 */
#include "config.h"

#include <stdio.h>

#include "config_case.h"
#include "options.h"

static const struct table_def *first_table(const struct config *config)
{
    return config->maps[0]->tables[0];
}

START_TEST(knows_what_needs_a_restart)
{
    struct config *a = load("[server]\nlisten = unix:/a\nmax_clients = 1\n" MAP);
    struct config *b = load("[server]\nlisten = unix:/b\nmax_clients = 2\nuser = u\n" MAP);
    struct buffer names = BUFFER_EMPTY;

    ck_assert(!config_needs_restart(a, a, &names));
    ck_assert(config_needs_restart(a, b, &names));
    ck_assert_str_eq(buffer_text(&names), "listen, user");
    buffer_free(&names);
    config_unref(a);
    config_unref(b);
}
END_TEST

/* Definitions that are equal append the same, others do not: that is what a state file knows them by. */
static bool append_the_same(const struct table_def *a, const struct table_def *b)
{
    struct buffer of_a = BUFFER_EMPTY, of_b = BUFFER_EMPTY;
    bool same;

    table_def_append(a, &of_a);
    table_def_append(b, &of_b);
    same = slice_equal(buffer_slice(&of_a), buffer_slice(&of_b));
    buffer_free(&of_a);
    buffer_free(&of_b);
    return same;
}

static void expect_change(const char *text, bool same_db, bool same_table, bool same_rows)
{
    struct config *plain = load(MAP), *changed = load(text);
    const struct table_def *before = first_table(plain), *after = first_table(changed);
    struct db_params copy;

    ck_assert_msg(db_params_equal(&before->db, &after->db) == same_db, "%s", text);
    ck_assert_msg(table_def_equal(before, after) == same_table, "%s", text);
    ck_assert_msg(append_the_same(before, after) == same_table, "%s", text);
    ck_assert_msg(table_def_same_rows(before, after) == same_rows, "%s", text);
    ck_assert(db_params_equal(&after->db, &after->db));
    db_params_copy(&after->db, &copy);
    copy.hosts = after->db.hosts;
    copy.host_count = after->db.host_count;
    ck_assert_msg(db_params_equal(&copy, &after->db), "%s is not copied", text);
    ck_assert_ptr_ne(copy.dbname, after->db.dbname);
    copy.host_count = 0;
    copy.hosts = NULL;
    db_params_free(&copy);
    config_unref(changed);
    config_unref(plain);
}

/* One line more, and whether the table is still the same for the pool, the cache and the mirror. */
static const struct change {
    const char *line;
    bool same_db, same_table, same_rows;
} changes[] = {
    {"cache = no", true, true, false},
    {"ttl = 1s", true, true, true},
    {"mirror_query = SELECT a", true, true, false},
    {"negative_ttl = 1s", true, true, true},
    {"stale_ttl = 1s", true, true, true},
    {"hosts = h", false, false, true},
    {"user = u", false, false, false},
    {"password = p", false, true, true},
    {"charset = latin1", false, false, false},
    {"option_file = /o", false, false, false},
    {"option_group =", false, false, false},
    {"tls_CAfile = /c", false, true, true},
    {"tls_CApath = /c", false, true, true},
    {"tls_cert_file = /c", false, true, true},
    {"tls_key_file = /c", false, true, true},
    {"tls_ciphers = c", false, true, true},
    {"tls_verify_cert = no", false, true, true},
    {"idle_interval = 1", false, true, true},
    {"retry_interval = 1", false, true, true},
    {"connect_timeout = 1", false, true, true},
    {"query_timeout = 1", false, true, true},
    {"max_connection_age = 1m", false, true, true},
    {"pool_size = 1", false, true, true},
    {"queue_size = 1", false, true, true},
    {"result_format = x%s", true, false, false},
    {"domain = e.org", true, false, false},
    {"expansion_limit = 1", true, false, false},
    {"require_result_set = no", true, false, false},
};

START_TEST(compares_tables)
{
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        char text[200];

        snprintf(text, sizeof(text), "%s%s\n", MAP, changes[i].line);
        expect_change(text, changes[i].same_db, changes[i].same_table, changes[i].same_rows);
    }
    expect_change("[map m]\ndbname = e\nquery = SELECT '%s'\n", false, false, false);
    expect_change("[map m]\ndbname = d\nquery = SELECT '%u'\n", true, false, false);
    expect_change("[map m]\ndbname = d\ntable = t\nselect_field = s\nwhere_field = w\n", true,
                  false, false);
}
END_TEST

/* A good value of the parameter that is not its default. */
static void other_value(const struct option *option, char *value, size_t size)
{
    uint64_t number = option->least;
    char least[30];

    snprintf(least, sizeof(least), "%llu", (unsigned long long)number);
    if (option->fallback != NULL && strcmp(option->fallback, least) == 0)
        number++;
    if (option->type == OPTION_TIME)
        snprintf(value, size, "%llums", (unsigned long long)number);
    else if (option->type == OPTION_BOOL || option->type == OPTION_TRI_STATE)
        snprintf(value, size, "%s",
                 option->fallback != NULL && strcmp(option->fallback, "no") == 0 ? "yes" : "no");
    else if (option->type == OPTION_NUMBER || option->type == OPTION_SIZE)
        snprintf(value, size, "%llu", (unsigned long long)number);
    else if (option->type == OPTION_WORD)
        snprintf(value, size, "%s", option->words[1]);
    else
        snprintf(value, size, "%s",
                 strstr(option->name, "password_file") != NULL ? "credential" : "/x");
}

/* Those that MAP has already, or that are another way to write the query. */
static bool is_in_the_map(const char *name)
{
    static const char *const names[] = {"query",        "dbname",      "table",
                                        "select_field", "where_field", "additional_conditions",
                                        "domain"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static bool means(enum option_change change, enum option_change wanted)
{
    return change == wanted || change == CHANGE_BOTH;
}

/* Every parameter of a table does at a reload what its row says. */
START_TEST(every_row_is_obeyed)
{
    size_t count, tried = 0;
    const struct option *options = option_table(&count);

    write_file("credential", "secret\n");
    setenv("CREDENTIALS_DIRECTORY", with_directory("@"), 1);
    for (size_t i = 0; i < count; i++) {
        const struct option *option = &options[i];
        char value[100], text[300];
        bool same_table;

        if ((option->sections & OPTION_TABLE) == 0 || is_in_the_map(option->name))
            continue;
        ck_assert_int_ne(option->change, CHANGE_RESTART);
        other_value(option, value, sizeof(value));
        snprintf(text, sizeof(text), "%s%s = %s\n", MAP, option->name, value);
        same_table = !means(option->change, CHANGE_ANSWERS);
        expect_change(text, !means(option->change, CHANGE_CONNECTIONS), same_table,
                      (same_table || strcmp(option->name, "hosts") == 0) &&
                          option->change != CHANGE_ROWS);
        tried++;
    }
    ck_assert_uint_ge(tried, 26);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("compare");
    TCase *t = tcase_create("compare");

    tcase_add_checked_fixture(t, make_directory, remove_directory);
    tcase_add_test(t, knows_what_needs_a_restart);
    tcase_add_test(t, compares_tables);
    tcase_add_test(t, every_row_is_obeyed);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
