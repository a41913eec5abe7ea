/*
 * Templates, and the way of a key and a value through them. Lines of the input: query, result_format,
 * a key, a value; the last one goes on to the end. Whatever they are: no key changes the SQL around
 * it, and a value is what the rows make or a failure.
 */
#include "template.h"

#include <string.h>

#include "fold.h"
#include "fuzz.h"
#include "log.h"
#include "socketmap.h"
#include "table.h"
#include "xmalloc.h"

/* A key that fills every template: a localpart and a domain with more labels than %9. */
static const char full[] = "user@a.b.c.d.e.f.g.h.i.j";

static struct slice take_line(struct slice *rest)
{
    const char *end = rest->len != 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    struct slice line = {rest->data, end != NULL ? (size_t)(end - rest->data) : rest->len};

    rest->data += line.len + (end != NULL);
    rest->len -= line.len + (end != NULL);
    return line;
}

/* Every expansion is one byte that no template can hold: what remains is the SQL itself. */
static void quote_as_mark(void *arg, struct slice text, struct buffer *out)
{
    (void)arg;
    (void)text;
    buffer_add_char(out, '\0');
}

static void check_query(const struct template *template, struct slice key)
{
    struct buffer ours = BUFFER_EMPTY;
    struct buffer other = BUFFER_EMPTY;

    FUZZ_CHECK(template_key_fits(template, slice_of(full)));
    if (template_key_fits(template, key)) {
        template_query(template, key, quote_as_mark, NULL, &ours);
        template_query(template, slice_of(full), quote_as_mark, NULL, &other);
        FUZZ_CHECK(slice_equal(buffer_slice(&ours), buffer_slice(&other)));
        FUZZ_CHECK(template_is_dynamic(template) ==
                   (ours.len != 0 && memchr(ours.data, '\0', ours.len) != NULL));
        buffer_clear(&ours);
        template_query(template, key, NULL, NULL, &ours);
    }
    buffer_free(&ours);
    buffer_free(&other);
}

/* As many rows as the value has words. */
static void check_answer(struct template *template, struct slice key, struct slice value)
{
    const struct table_rules rules = {.template = template, .expansion_limit = 50};
    struct table_answer answer = {.rules = &rules, .key = key};
    const char *reason = NULL;
    bool more = true;

    while (value.len != 0 && more) {
        const char *space = memchr(value.data, ' ', value.len);
        unsigned long len = space != NULL ? (unsigned long)(space - value.data) : value.len;
        char *text = xstrndup(value.data, len);
        const char *field = text;

        more = table_answer_row(&answer, 1, &field, &len);
        free(text);
        value.data += len + (space != NULL);
        value.len -= len + (space != NULL);
    }
    switch (table_answer_outcome(&answer, &reason)) {
    case OUTCOME_OK:
        FUZZ_CHECK(more && answer.value.len != 0 && answer.value.len < SOCKETMAP_REPLY_MAX);
        FUZZ_CHECK(memchr(answer.value.data, '\0', answer.value.len) == NULL);
        break;
    case OUTCOME_NOTFOUND:
        FUZZ_CHECK(more && answer.value.len == 0);
        break;
    case OUTCOME_TEMP:
        FUZZ_CHECK(reason != NULL && reason[0] != '\0');
        break;
    case OUTCOME_TIMEOUT:
    case OUTCOME_PERM:
        FUZZ_CHECK(false);
    }
    buffer_free(&answer.value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = {(const char *)data, size};
    struct slice line = take_line(&rest);
    char *query = xstrndup(line.data, line.len);
    char *format;
    struct slice key;
    struct buffer folded = BUFFER_EMPTY;
    struct buffer error = BUFFER_EMPTY;
    struct template *template;

    log_open("fuzz", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    line = take_line(&rest);
    format = xstrndup(line.data, line.len);
    key = take_line(&rest);
    template = template_new(query, format, &error);
    FUZZ_CHECK((template == NULL) == (error.len != 0));
    if (template != NULL && key.len != 0 && fold_key(key, &folded) && folded.len != 0) {
        check_query(template, buffer_slice(&folded));
        check_answer(template, buffer_slice(&folded), rest);
    }
    template_free(template);
    buffer_free(&folded);
    buffer_free(&error);
    free(query);
    free(format);
    return 0;
}
