/* Which keys a table is asked for, and how rows become one value: dict_mysql(3) of Postfix. */
#include "table.h"

#include "socketmap.h"
#include "unit.h"

#define COLUMNS_MAX 4

static struct table_rules rules_of(const char *query, const char *result_format,
                                   const char *domains)
{
    struct buffer error = BUFFER_EMPTY;
    struct table_rules rules = {.template = template_new(query, result_format, &error)};

    if (domains != NULL)
        rules.domains = domain_list_new(domains, &error);
    ck_assert_str_eq(buffer_text(&error), "");
    return rules;
}

static void rules_free(struct table_rules *rules)
{
    template_free(rules->template);
    domain_list_free(rules->domains);
}

static const struct {
    const char *query, *domains, *key;
    bool wanted;
} keys[] = {
    {"%s", NULL, "user@example.com", true},
    {"%s", NULL, "@example.com", true},
    {"%s", NULL, "user", true},
    {"%s", NULL, "", false},
    {"1", NULL, "", false},
    {"%d", NULL, "user", false},
    {"%u", NULL, "@example.com", false},

    /* With a domain list: only localpart@domain of a listed domain. */
    {"%s", "example.com", "user@example.com", true},
    {"%s", "example.com", "user@example.org", false},
    {"%s", "example.com", "user@sub.example.com", false},
    {"%s", "example.com", "user", false},
    {"%s", "example.com", "example.com", false},
    {"%s", "example.com", "@example.com", false},
    {"%s", "example.com", "user@", false},
    {"%s", "example.com", "a@b@example.com", true},
    {"%s", "example.com", "a@example.com@b", false},
    {"%s", "!example.com", "user@example.org", false},
    {"%3", "example.com", "user@example.com", false},
    /* A list without a name. */
    {"%s", ",", "user@example.com", false},
};

START_TEST(wants_keys_like_postfix)
{
    struct table_rules rules = rules_of(keys[_i].query, "%s", keys[_i].domains);

    ck_assert(table_wants_key(&rules, slice_of(keys[_i].key)) == keys[_i].wanted);
    rules_free(&rules);
}
END_TEST

/* Rows are lists of columns; "-" is NULL. */
struct answer_row {
    const char *result_format;
    uint32_t limit;
    const char *rows[COLUMNS_MAX][COLUMNS_MAX];
    enum outcome outcome;
    const char *value; /* or the reason */
    unsigned empty_values;
};

static const struct answer_row answers[] = {
    {"%s", 0, {{"a"}}, OUTCOME_OK, "a", 0},
    {"%s", 0, {{NULL}}, OUTCOME_NOTFOUND, "", 0},
    {"%s", 0, {{"a"}, {"b"}, {"c"}}, OUTCOME_OK, "a,b,c", 0},
    {"%s", 0, {{"a", "b"}, {"c", "d"}}, OUTCOME_OK, "a,b,c,d", 0},
    {"<%s>", 0, {{"a", "b"}, {"c"}}, OUTCOME_OK, "<a>,<b>,<c>", 0},
    {"%s", 0, {{"a,b"}, {"c"}}, OUTCOME_OK, "a,b,c", 0},
    {"%s", 0, {{"a\nb"}}, OUTCOME_OK, "a\nb", 0},

    /* NULL and empty values are skipped; a value that is only skipped is not found. */
    {"%s", 0, {{"-"}}, OUTCOME_NOTFOUND, "", 0},
    {"%s", 0, {{"-", "a", "-", "b"}}, OUTCOME_OK, "a,b", 0},
    {"%s", 0, {{""}}, OUTCOME_NOTFOUND, "", 1},
    {"%s", 0, {{"", "a", ""}, {""}, {"b"}}, OUTCOME_OK, "a,b", 3},
    {"x", 0, {{""}, {"-"}}, OUTCOME_NOTFOUND, "", 1},

    /* A value that cannot fill result_format is skipped. */
    {"%d", 0, {{"plain"}}, OUTCOME_NOTFOUND, "", 0},
    {"%d", 0, {{"plain"}, {"u@d"}, {"@e"}}, OUTCOME_OK, "d,e", 0},
    {"%u", 0, {{"@d"}, {"u@d"}, {"v"}}, OUTCOME_OK, "u,v", 0},
    {"%d", 0, {{"u@"}}, OUTCOME_NOTFOUND, "", 0},
    {"%U/%s", 0, {{"a"}}, OUTCOME_OK, "user/a", 0},

    /* expansion_limit counts what was expanded, over rows and columns. */
    {"%s", 1, {{"a"}}, OUTCOME_OK, "a", 0},
    {"%s", 1, {{"a"}, {"b"}}, OUTCOME_TEMP, "expansion_limit is exceeded", 0},
    {"%s", 1, {{"a", "b"}}, OUTCOME_TEMP, "expansion_limit is exceeded", 0},
    {"%s", 2, {{"a", "-"}, {"", "b"}}, OUTCOME_OK, "a,b", 1},
    {"%s", 2, {{"a"}, {"b"}, {"c"}}, OUTCOME_TEMP, "expansion_limit is exceeded", 0},
    {"%d", 1, {{"plain"}, {"u@d"}, {"v"}}, OUTCOME_OK, "d", 0},
    {"%s", 3, {{"a"}, {"b"}, {"c"}}, OUTCOME_OK, "a,b,c", 0},
    {"%s", 1, {{"a,b,c"}}, OUTCOME_OK, "a,b,c", 0},
};

static bool add_row(struct table_answer *answer, const char *const row[COLUMNS_MAX])
{
    const char *fields[COLUMNS_MAX];
    unsigned long lengths[COLUMNS_MAX];
    unsigned columns = 0;

    for (; columns < COLUMNS_MAX && row[columns] != NULL; columns++) {
        bool is_null = strcmp(row[columns], "-") == 0;

        fields[columns] = is_null ? NULL : row[columns];
        lengths[columns] = is_null ? 0 : strlen(row[columns]);
    }
    return table_answer_row(answer, columns, fields, lengths);
}

START_TEST(joins_rows_like_postfix)
{
    const struct answer_row *row = &answers[_i];
    struct table_rules rules = rules_of("%s", row->result_format, NULL);
    struct table_answer answer = {.rules = &rules, .key = slice_of("user@example.com")};
    const char *reason = "";
    bool more = true;

    rules.expansion_limit = row->limit;
    for (int i = 0; i < COLUMNS_MAX && row->rows[i][0] != NULL; i++) {
        ck_assert(more);
        more = add_row(&answer, row->rows[i]);
    }
    ck_assert_int_eq(more, row->outcome != OUTCOME_TEMP);
    ck_assert_int_eq(table_answer_outcome(&answer, &reason), row->outcome);
    ck_assert_str_eq(row->outcome == OUTCOME_TEMP ? reason : buffer_text(&answer.value),
                     row->value);
    ck_assert_uint_eq(answer.empty_values, row->empty_values);
    buffer_free(&answer.value);
    rules_free(&rules);
}
END_TEST

/* A failed answer stays failed, whatever comes after. */
START_TEST(a_failure_is_final)
{
    static const char *const good[COLUMNS_MAX] = {"b"};
    static const char *const bad_field[] = {"a\0b"};
    static const unsigned long bad_length[] = {3};
    struct table_rules rules = rules_of("%s", "%s", NULL);
    struct table_answer answer = {.rules = &rules, .key = slice_of("k")};
    const char *reason = "";

    ck_assert(add_row(&answer, good));
    ck_assert(!table_answer_row(&answer, 1, bad_field, bad_length));
    ck_assert(!add_row(&answer, good));
    ck_assert_int_eq(table_answer_outcome(&answer, &reason), OUTCOME_TEMP);
    ck_assert_str_eq(reason, "a value holds a NUL byte");
    buffer_free(&answer.value);
    rules_free(&rules);
}
END_TEST

/* The longest value that a reply can carry, one byte more, and much more. */
START_TEST(never_cuts_a_value)
{
    size_t longest = SOCKETMAP_REPLY_MAX - strlen("OK ");
    struct table_rules rules = rules_of("%s", "%s", NULL);
    char *text = malloc(2 * longest);

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', 2 * longest);
    for (size_t len = longest - 1; len <= 2 * longest; len += len <= longest ? 1 : longest - 1) {
        struct table_answer answer = {.rules = &rules, .key = slice_of("k")};
        const char *const fields[] = {text};
        const unsigned long lengths[] = {len};
        bool fits = len <= longest;
        const char *reason = "";

        ck_assert(table_answer_row(&answer, 1, fields, lengths) == fits);
        ck_assert_int_eq(table_answer_outcome(&answer, &reason), fits ? OUTCOME_OK : OUTCOME_TEMP);
        ck_assert_str_eq(reason, fits ? "" : "the value is too long for a reply");
        ck_assert_uint_eq(answer.value.len, fits ? len : 0);
        buffer_free(&answer.value);
    }
    free(text);
    rules_free(&rules);
}
END_TEST

START_TEST(stops_growing)
{
    struct table_rules rules = rules_of("%s", "%s", NULL);
    struct table_answer answer = {.rules = &rules, .key = slice_of("k")};
    static char text[1000];
    const char *const fields[] = {text};
    const unsigned long lengths[] = {sizeof(text)};
    const char *reason = "";
    int rows = 0;

    memset(text, 'x', sizeof(text));
    while (table_answer_row(&answer, 1, fields, lengths))
        rows++;
    ck_assert_int_eq(rows, (SOCKETMAP_REPLY_MAX - 3 + 1) / 1001);
    ck_assert_int_eq(table_answer_outcome(&answer, &reason), OUTCOME_TEMP);
    ck_assert_uint_le(answer.value.len, SOCKETMAP_REPLY_MAX + sizeof(text) + 1);
    buffer_free(&answer.value);
    rules_free(&rules);
}
END_TEST

START_TEST(a_nul_of_the_key_is_a_failure_too)
{
    struct table_rules rules = rules_of("%s", "%s/%D", NULL);
    struct table_answer answer = {.rules = &rules, .key = {"a@b\0c", 5}};
    const char *const fields[] = {"value"};
    const unsigned long lengths[] = {5};
    const char *reason = "";

    ck_assert(!table_answer_row(&answer, 1, fields, lengths));
    ck_assert_int_eq(table_answer_outcome(&answer, &reason), OUTCOME_TEMP);
    ck_assert_str_eq(reason, "a value holds a NUL byte");
    buffer_free(&answer.value);
    rules_free(&rules);
}
END_TEST

START_TEST(no_result_set_is_not_found_where_that_may_be)
{
    struct table_rules rules = rules_of("%s", "%s", NULL);
    struct table_answer answer = {.rules = &rules, .key = slice_of("key")};
    const char *reason = "";

    rules.require_result_set = true;
    ck_assert_int_eq(table_answer_judge(&answer, false, &reason), OUTCOME_TEMP);
    ck_assert_str_eq(reason, "the query gave no result set");
    ck_assert_int_eq(table_answer_judge(&answer, true, &reason), OUTCOME_NOTFOUND);
    rules.require_result_set = false;
    ck_assert_int_eq(table_answer_judge(&answer, false, &reason), OUTCOME_NOTFOUND);
    rules_free(&rules);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("table");
    TCase *t = tcase_create("table");

    tcase_add_loop_test(t, wants_keys_like_postfix, 0, (int)(sizeof(keys) / sizeof(keys[0])));
    tcase_add_loop_test(t, joins_rows_like_postfix, 0, (int)(sizeof(answers) / sizeof(answers[0])));
    tcase_add_test(t, a_failure_is_final);
    tcase_add_test(t, never_cuts_a_value);
    tcase_add_test(t, stops_growing);
    tcase_add_test(t, a_nul_of_the_key_is_a_failure_too);
    tcase_add_test(t, no_result_set_is_not_found_where_that_may_be);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
