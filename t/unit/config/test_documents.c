/*
 * The manual and conf/vmapd.conf tell of every parameter, of none that does not exist, and the right
 * default. Run from the top of the source tree, as `make unit` does.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "options.h"
#include "unit.h"

#define MANUAL "man/vmapd.conf.5"
#define SAMPLE "conf/vmapd.conf"
#define ITEM   ".It Ic "

static char *read_text(const char *path)
{
    static char text[200000];
    int fd = open(path, O_RDONLY);
    ssize_t len = read(fd, text, sizeof(text) - 1);

    ck_assert_msg(len > 0 && len < (ssize_t)sizeof(text) - 1, "cannot read %s", path);
    close(fd);
    text[len] = '\0';
    return text;
}

/* The line at *at, without its end; false behind the last. */
static bool next_line(const char **at, char *line, size_t size)
{
    size_t len = strcspn(*at, "\n");

    if (**at == '\0')
        return false;
    snprintf(line, size, "%.*s", (int)len, *at);
    *at += len + ((*at)[len] == '\n');
    return true;
}

/* How the manual has to begin the entry of a parameter. */
static void expected_item(const struct option *option, struct buffer *item)
{
    static const char *const types[] = {
        [OPTION_STRING] = "text", [OPTION_TEXT] = "text",        [OPTION_FILE] = "text",
        [OPTION_SQL] = "text",    [OPTION_LIST] = "list",        [OPTION_NUMBER] = "number",
        [OPTION_SIZE] = "size",   [OPTION_TIME] = "time",        [OPTION_BOOL] = "yes/no",
        [OPTION_MODE] = "mode",   [OPTION_TRI_STATE] = "yes/no",
    };

    buffer_printf(item, ITEM "%s Pq ", option->name);
    if (option->type == OPTION_WORD)
        for (const char *const *word = option->words; *word != NULL; word++)
            buffer_printf(item, "%s%s", word == option->words ? "" : " | ", *word);
    else
        buffer_add_text(item, types[option->type]);
    if (option->fallback != NULL && option->fallback[0] != '\0')
        buffer_printf(item, ", default %s", option->fallback);
    buffer_add_char(item, '\n');
}

static unsigned count_text(const char *text, const char *part)
{
    unsigned count = 0;

    while ((text = strstr(text, part)) != NULL) {
        count++;
        text += strlen(part);
    }
    return count;
}

/* How many rows have this name. */
static unsigned count_rows(const char *name)
{
    size_t count;
    const struct option *options = option_table(&count);
    unsigned rows = 0;

    for (size_t i = 0; i < count; i++)
        rows += strcmp(options[i].name, name) == 0;
    return rows;
}

START_TEST(manual_has_every_parameter)
{
    const char *text = read_text(MANUAL);
    size_t count;
    const struct option *options = option_table(&count);

    for (size_t i = 0; i < count; i++) {
        struct buffer item = BUFFER_EMPTY;

        expected_item(&options[i], &item);
        ck_assert_msg(count_text(text, buffer_text(&item)) == count_rows(options[i].name),
                      "%s does not have this once for each meaning: %s", MANUAL,
                      buffer_text(&item));
        buffer_free(&item);
    }
}
END_TEST

START_TEST(manual_has_no_other_parameter)
{
    const char *text = read_text(MANUAL);
    size_t count;
    unsigned items = 0;
    char line[200];

    option_table(&count);
    while (next_line(&text, line, sizeof(line)))
        if (strncmp(line, ITEM, strlen(ITEM)) == 0) {
            char name[100];

            ck_assert_int_eq(sscanf(line, ITEM "%99s", name), 1);
            ck_assert_msg(option_find(name) != NULL, "%s: %s does not exist", MANUAL, name);
            items++;
        }
    ck_assert_uint_eq(items, count);
}
END_TEST

/* Entries that follow each other share their text, which says whether a reload is enough. */
START_TEST(manual_tells_what_needs_a_restart)
{
    const char *text = read_text(MANUAL);
    size_t count;
    const struct option *options = option_table(&count);

    for (size_t i = 0; i < count; i++) {
        struct buffer item = BUFFER_EMPTY;
        const char *body, *end, *note;

        expected_item(&options[i], &item);
        body = strstr(text, buffer_text(&item));
        ck_assert_ptr_nonnull(body);
        while (strncmp(body, ITEM, strlen(ITEM)) == 0)
            body = strchr(body, '\n') + 1;
        end = strstr(body, "\n.El\n");
        note = strstr(body, "\n" ITEM);
        if (note != NULL && note < end)
            end = note;
        note = strstr(body, "Needs a restart.");
        if (count_rows(options[i].name) == 1)
            ck_assert_msg((note != NULL && note < end) == (options[i].change == CHANGE_RESTART),
                          "%s: %s", MANUAL, options[i].name);
        buffer_free(&item);
    }
}
END_TEST

static enum option_section section_of(const char *line)
{
    static const struct {
        const char *start;
        enum option_section kind;
    } starts[] = {
        {"[server]", OPTION_SERVER}, {"[database]", OPTION_DATABASE}, {"[cache]", OPTION_CACHE},
        {"[map ", OPTION_MAP},       {"[table ", OPTION_TABLE},
    };

    for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
        if (strncmp(line, starts[i].start, strlen(starts[i].start)) == 0)
            return starts[i].kind;
    ck_abort_msg("%s: what section is this: %s", SAMPLE, line);
    return OPTION_SERVER;
}

/*
 * Go through conf/vmapd.conf: call visit for each parameter, also for those that are commented out
 * ("#name = value"; prose has a blank behind the '#'). Whole sections that are commented out are
 * examples; in the others such a line shows the default.
 */
static void visit_sample(void (*visit)(const struct option *option, const char *value,
                                       bool shows_default))
{
    const char *text = read_text(SAMPLE);
    enum option_section section = OPTION_SERVER;
    bool in_example = false;
    char line[500];

    while (next_line(&text, line, sizeof(line))) {
        bool is_comment = line[0] == '#';
        const char *content = line + is_comment;
        char name[100], value[400] = "";
        const struct option *option;

        if (*content == '\0' || *content == ' ')
            continue;
        if (*content == '[') {
            section = section_of(content);
            in_example = is_comment;
            continue;
        }
        ck_assert_msg(sscanf(content, "%99[a-zA-Z_] = %399[^\n]", name, value) >= 1, "%s: %s",
                      SAMPLE, line);
        option = option_find_in(name, section);
        ck_assert_msg(option != NULL, "%s: this does not belong here: %s", SAMPLE, line);
        visit(option, value, is_comment && !in_example);
    }
}

static bool seen[200];

static void mark_seen(const struct option *option, const char *value, bool shows_default)
{
    size_t count;

    (void)value;
    (void)shows_default;
    seen[option - option_table(&count)] = true;
}

START_TEST(sample_has_every_parameter)
{
    size_t count;
    const struct option *options = option_table(&count);

    ck_assert_uint_le(count, sizeof(seen) / sizeof(seen[0]));
    visit_sample(mark_seen);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(seen[i], "%s does not have %s", SAMPLE, options[i].name);
}
END_TEST

static void check_default(const struct option *option, const char *value, bool shows_default)
{
    /* Of a list an example tells more. */
    if (shows_default && option->type != OPTION_LIST && option->fallback != NULL &&
        option->fallback[0] != '\0')
        ck_assert_msg(strcmp(option->fallback, value) == 0, "%s: the default of %s is %s", SAMPLE,
                      option->name, option->fallback);
}

START_TEST(sample_shows_the_defaults)
{
    visit_sample(check_default);
}
END_TEST

START_TEST(sample_loads)
{
    static const char *const names[] = {"domains", "mailboxes", "aliases"};
    struct buffer error = BUFFER_EMPTY;
    struct config *config;

    /* In a source tree everybody may read it, and is warned. */
    log_open("test", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    config = config_load(SAMPLE, &error);
    ck_assert_msg(config != NULL, "%s", buffer_text(&error));
    ck_assert_uint_eq(config->map_count, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_ptr_nonnull(config_map(config, slice_of(names[i])));
    config_unref(config);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("documents");
    TCase *t = tcase_create("documents");

    tcase_add_test(t, manual_has_every_parameter);
    tcase_add_test(t, manual_has_no_other_parameter);
    tcase_add_test(t, manual_tells_what_needs_a_restart);
    tcase_add_test(t, sample_has_every_parameter);
    tcase_add_test(t, sample_shows_the_defaults);
    tcase_add_test(t, sample_loads);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
