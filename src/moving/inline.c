/* inline - see the header. */
#include "inline.h"

#include <ctype.h>
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

/* "name =", and the lines that continue it. */
static bool begins(const char *line, const char *name)
{
    size_t len = strlen(name);

    return strncmp(line, name, len) == 0 && line[len + strspn(line + len, " \t")] == '=';
}

static bool read_lines(const char *path, const char *left_out, struct buffer *out)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    bool skips = false;

    if (file == NULL)
        return false;
    while (getline(&line, &size, file) >= 0) {
        if (line[0] != ' ' && line[0] != '\t')
            skips = left_out != NULL && begins(line, left_out);
        if (skips || line[strspn(line, " \t\r\n")] == '\0')
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

static bool is_good(const char *name, const struct buffer *section)
{
    struct buffer text = BUFFER_EMPTY;
    struct buffer error = BUFFER_EMPTY;
    struct config *config;

    buffer_printf(&text, "[map import]\ntables = %s\n%s", name, buffer_text(section));
    log_divert(ignore_warning, NULL);
    config = config_parse("import", buffer_slice(&text), &error);
    log_divert(NULL, NULL);
    config_unref(config);
    buffer_free(&text);
    buffer_free(&error);
    return config != NULL;
}

bool inline_table(const char *path, const char *name, const char *left_out, struct buffer *out)
{
    struct buffer section = BUFFER_EMPTY;
    bool good;

    buffer_printf(&section, "# From %s.\n[table %s]\n", path, name);
    good = read_lines(path, left_out, &section) && is_good(name, &section);
    if (good)
        buffer_add(out, section.data, section.len);
    buffer_free(&section);
    return good;
}
