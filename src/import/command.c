/* command - what a person types to change Postfix; see the header. */
#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "xmalloc.h"

#define DEFAULT_DIRECTORY "/etc/postfix"

static void quote_for_shell(const char *text, struct buffer *out)
{
    buffer_add_char(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            buffer_add_text(out, "'\\''");
        else
            buffer_add_char(out, *text);
    }
    buffer_add_char(out, '\'');
}

static void write_directory(const struct postconf *postconf, struct buffer *out)
{
    const char *directory = postconf_directory(postconf);

    if (strcmp(directory, DEFAULT_DIRECTORY) == 0)
        return;
    buffer_add_text(out, " -c ");
    quote_for_shell(directory, out);
}

/* postconf -P takes no blanks in a value; between the members of a list a comma says the same. */
static char *without_blanks(const char *value)
{
    struct buffer out = BUFFER_EMPTY;
    char *text;

    while (*value != '\0') {
        size_t gap = strspn(value, ", \t");

        if (gap == 0)
            buffer_add_char(&out, *value++);
        else if (out.len > 0 && value[gap] != '\0')
            buffer_add_char(&out, ',');
        value += gap;
    }
    text = xstrdup(buffer_text(&out));
    buffer_free(&out);
    return text;
}

void import_command_set(const struct postconf *postconf, const char *service, const char *parameter,
                        const char *value, struct buffer *out)
{
    bool in_main_cf = service[0] == '\0';
    char *list = in_main_cf ? xstrdup(value) : without_blanks(value);
    char *assignment = in_main_cf ? xasprintf("%s = %s", parameter, list)
                                  : xasprintf("%s/%s=%s", service, parameter, list);

    buffer_add_text(out, "postconf");
    write_directory(postconf, out);
    buffer_add_text(out, in_main_cf ? " -e " : " -P ");
    quote_for_shell(assignment, out);
    free(assignment);
    free(list);
}

static void unset(const struct postconf *postconf, const char *service, const char *parameter,
                  struct buffer *out)
{
    bool in_main_cf = service[0] == '\0';
    char *name = in_main_cf ? xstrdup(parameter) : xasprintf("%s/%s", service, parameter);

    buffer_add_text(out, "postconf");
    write_directory(postconf, out);
    buffer_add_text(out, in_main_cf ? " -X " : " -PX ");
    quote_for_shell(name, out);
    free(name);
}

void import_command_change(const struct postconf *postconf, const char *service,
                           const char *parameter, const char *value, struct buffer *out)
{
    if (value != NULL)
        import_command_set(postconf, service, parameter, value, out);
    else
        unset(postconf, service, parameter, out);
}

void import_command_reload(const struct postconf *postconf, struct buffer *out)
{
    buffer_add_text(out, "postfix");
    write_directory(postconf, out);
    buffer_add_text(out, " reload");
}
