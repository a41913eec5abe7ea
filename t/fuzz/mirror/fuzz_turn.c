/*
 * The reader that turns a SELECT around. Lines of the input: query, mirror_query; what follows goes to
 * the second. Whatever they are: what it takes becomes one SELECT with its brackets in order, in which
 * no expansion and no comment is left, and what it does not take has a reason.
 */
#include "turn.h"

#include "fuzz.h"
#include "select.h"
#include "xmalloc.h"

#define ALL_ROWS " LIMIT 18446744073709551615"

/* As a template, so that it can be scanned again. */
static char *as_template(const char *sql)
{
    struct buffer text = BUFFER_EMPTY;

    for (; *sql != '\0'; sql++) {
        buffer_add_char(&text, *sql);
        if (*sql == '%')
            buffer_add_char(&text, '%');
    }
    buffer_add_text(&text, "");
    return text.data != NULL ? text.data : xstrdup("");
}

static void check_sql(const char *sql)
{
    char *template = as_template(sql);
    struct sql_tokens tokens = {NULL, 0};
    struct buffer reason = BUFFER_EMPTY;

    FUZZ_CHECK(sql_scan(template, &tokens, &reason));
    FUZZ_CHECK(tokens.count > 3 && sql_is(&tokens.at[0], "select"));
    FUZZ_CHECK(select_brackets_match((struct select_span){tokens.at, tokens.at + tokens.count}));
    FUZZ_CHECK(!select_is_asked((struct select_span){tokens.at, tokens.at + tokens.count}));
    sql_tokens_free(&tokens);
    buffer_free(&reason);
    free(template);
}

static void check_turned(const struct turned *turned)
{
    FUZZ_CHECK(turned->keys >= 1 && turned->keys <= TURN_KEYS_MAX && turned->values >= 1);
    for (size_t i = 0; i < turned->keys; i++)
        FUZZ_CHECK(template_is_dynamic(turned->literals[i]));
}

static void turn(const char *query)
{
    struct buffer reason = BUFFER_EMPTY;
    struct turned turned;

    if (turn_query(query, &turned, &reason)) {
        size_t len = strlen(turned.rows_sql);

        FUZZ_CHECK(reason.len == 0);
        check_turned(&turned);
        check_sql(turned.rows_sql);
        check_sql(turned.collations_sql);
        FUZZ_CHECK(len > strlen(ALL_ROWS) &&
                   strcmp(turned.rows_sql + len - strlen(ALL_ROWS), ALL_ROWS) == 0);
    } else {
        FUZZ_CHECK(reason.len != 0 && turned.rows_sql == NULL);
    }
    turned_free(&turned);
    buffer_free(&reason);
}

static void take_given(const char *query, const char *mirror_query)
{
    struct buffer reason = BUFFER_EMPTY;
    struct turned turned;

    if (turn_given(query, mirror_query, &turned, &reason))
        check_turned(&turned);
    else
        FUZZ_CHECK(reason.len != 0 && turned.rows_sql == NULL);
    turned_free(&turned);
    buffer_free(&reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    char *second = strchr(text, '\n');
    struct buffer error = BUFFER_EMPTY;
    struct template *template;

    if (second != NULL)
        *second++ = '\0';
    template = template_new(text, "%s", &error); /* as the configuration makes sure */
    if (template != NULL) {
        turn(text);
        if (second != NULL)
            take_given(text, second);
    }
    template_free(template);
    buffer_free(&error);
    free(text);
    return 0;
}
