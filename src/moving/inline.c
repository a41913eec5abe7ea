/* inline - see the header. */
#include "inline.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "log.h"
#include "xmalloc.h"

char *inline_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash != NULL ? slash + 1 : path;
    size_t len = strlen(base);
    char *name;

    if (len > 3 && strcmp(base + len - 3, ".cf") == 0)
        len -= 3;
    if (len > 6 && strncmp(base, "mysql", 5) == 0 && strchr("-_", base[5]) != NULL) {
        base += 6;
        len -= 6;
    }
    name = xstrndup(base, len);
    for (char *c = name; *c != '\0'; c++)
        if (!isalnum((unsigned char)*c) && *c != '_' && *c != '-')
            *c = '_';
    return name;
}

/* Whether a line that begins a parameter is not to be taken over. Postfix ignores what it does not know. */
static bool is_left_out(const char *line, const char *left_out, struct buffer *ignored)
{
    size_t len = strcspn(line, "= \t\r\n");
    char *name = xstrndup(line, len);
    bool known = table_def_knows(name);
    bool is = !known || (left_out != NULL && strcmp(name, left_out) == 0);

    if (!known)
        buffer_printf(ignored, "%s%s", ignored->len > 0 ? ", " : "", name);
    free(name);
    return is;
}

static bool read_lines(const char *path, const char *left_out, struct buffer *out,
                       struct buffer *ignored)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    bool skips = false;

    if (file == NULL)
        return false;
    while (getline(&line, &size, file) >= 0) {
        char first = line[strspn(line, " \t\r\n")];

        if (first != '\0' && first != '#' && line[0] != ' ' && line[0] != '\t')
            skips = is_left_out(line, left_out, ignored);
        if (first == '\0' || (skips && first != '#'))
            continue;
        buffer_add_text(out, line);
        if (out->data[out->len - 1] != '\n')
            buffer_add_char(out, '\n');
    }
    free(line);
    fclose(file);
    return true;
}

static void ignore_warning(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    (void)level;
    (void)text;
}

static bool is_good(const char *name, const struct buffer *section, struct buffer *error)
{
    struct buffer text = BUFFER_EMPTY;
    struct config *config;

    buffer_printf(&text, "[map import]\ntables = %s\n%s", name, buffer_text(section));
    log_divert(ignore_warning, NULL);
    config = config_parse("import", buffer_slice(&text), error);
    log_divert(NULL, NULL);
    config_unref(config);
    buffer_free(&text);
    return config != NULL;
}

bool inline_table(const char *path, const char *name, const char *left_out, struct buffer *out,
                  struct buffer *error)
{
    struct buffer lines = BUFFER_EMPTY, section = BUFFER_EMPTY, ignored = BUFFER_EMPTY;
    bool good = read_lines(path, left_out, &lines, &ignored);

    if (!good)
        buffer_printf(error, "%s", strerror(errno));
    buffer_printf(&section, "# From %s.\n", path);
    if (ignored.len > 0)
        buffer_printf(&section, "# Without what Postfix ignores there: %s.\n",
                      buffer_text(&ignored));
    buffer_printf(&section, "[table %s]\n%s", name, buffer_text(&lines));
    good = good && is_good(name, &section, error);
    if (good)
        buffer_add(out, section.data, section.len);
    buffer_free(&lines);
    buffer_free(&section);
    buffer_free(&ignored);
    return good;
}
