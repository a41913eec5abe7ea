/* What an administrator or a tool may write: any bytes as main.cf syntax and as a whole vmapd.conf. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cf.h"
#include "config.h"
#include "fuzz.h"
#include "log.h"

/* A file is read, or there is one line that says why not: "NAME:...". */
static void check_error(const struct buffer *error, bool is_good, const char *name)
{
    FUZZ_CHECK(is_good == (error->len == 0));
    FUZZ_CHECK(is_good || strncmp(buffer_text(error), name, strlen(name)) == 0);
}

static void check_lines(struct slice text, bool with_sections)
{
    struct buffer error = BUFFER_EMPTY;
    struct cf_file *file = cf_parse("f", text, with_sections, &error);
    unsigned last = 0;

    check_error(&error, file != NULL, "f:");
    for (size_t i = 0; file != NULL && i < cf_count(file); i++) {
        const struct cf_line *line = cf_line(file, i);

        FUZZ_CHECK(line->line > last);
        last = line->line;
        FUZZ_CHECK(line->name[0] != '\0');
        FUZZ_CHECK(with_sections || line->kind == CF_PARAMETER);
        FUZZ_CHECK(strlen(line->name) + strlen(line->value) <= text.len);
    }
    cf_free(file);
    buffer_free(&error);
}

static void check_config(struct slice text)
{
    struct buffer error = BUFFER_EMPTY;
    int fd = memfd_create("config", 0);
    struct config *config;
    char path[50];

    FUZZ_CHECK(fd >= 0 && write(fd, text.data, text.len) == (ssize_t)text.len);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    config = config_load(path, &error);
    check_error(&error, config != NULL, "/"); /* of this file, or of a .cf file that it names */
    FUZZ_CHECK(config == NULL || config->map_count > 0);
    for (size_t i = 0; config != NULL && i < config->map_count; i++) {
        FUZZ_CHECK(config->maps[i]->table_count > 0);
        FUZZ_CHECK(config_map(config, slice_of(config->maps[i]->name)) == config->maps[i]);
    }
    if (config != NULL)
        config_map(config, text);
    config_unref(config);
    buffer_free(&error);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = {(const char *)data, size};

    log_open("fuzz", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
    check_lines(text, true);
    check_lines(text, false);
    check_config(text);
    return 0;
}
