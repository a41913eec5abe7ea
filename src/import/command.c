/* command - what a person types to change Postfix; see the header. */
#include "command.h"

#include <stdlib.h>
#include <string.h>

#include "master_entry.h"
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

static void write_postconf(const struct postconf *postconf, const char *option,
                           const char *argument, struct buffer *out)
{
    buffer_add_text(out, "postconf");
    write_directory(postconf, out);
    buffer_printf(out, " %s ", option);
    quote_for_shell(argument, out);
}

/* --- one setting ---------------------------------------------------------------------------- */

/* Between the members of a list a comma says the same as a blank. */
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

static void set_one(const struct postconf *postconf, const struct import_setting *setting,
                    struct buffer *out)
{
    bool in_main_cf = setting->service[0] == '\0';
    char *argument;

    if (setting->value == NULL && in_main_cf) {
        write_postconf(postconf, "-X", setting->parameter, out);
        return;
    }
    if (setting->value == NULL) {
        argument = xasprintf("%s/%s", setting->service, setting->parameter);
        write_postconf(postconf, "-PX", argument, out);
    } else if (in_main_cf) {
        argument = xasprintf("%s = %s", setting->parameter, setting->value);
        write_postconf(postconf, "-e", argument, out);
    } else {
        char *list = without_blanks(setting->value);

        argument = xasprintf("%s/%s=%s", setting->service, setting->parameter, list);
        write_postconf(postconf, "-P", argument, out);
        free(list);
    }
    free(argument);
}

/* --- all settings of a service -------------------------------------------------------------- */

/* Whether -P would change more than this setting, or make something else of it. */
static bool needs_entry(const char *entry, const struct import_setting *setting, bool exactly)
{
    const char *value = setting->value;

    if (value == NULL)
        return false;
    return (value[strcspn(value, " \t")] != '\0' && (exactly || strchr(value, '{') != NULL)) ||
           master_entry_find(slice_of(entry), setting->parameter, NULL) > 1;
}

/* The entry of the service of this setting, if one of its settings needs it. */
static const char *find_entry(const struct postconf *postconf,
                              const struct import_setting *settings, size_t count, size_t index,
                              bool exactly)
{
    const char *service = settings[index].service;
    const char *entry = postconf_entry(postconf, service);

    for (size_t i = 0; entry != NULL && i < count; i++)
        if (strcmp(settings[i].service, service) == 0 && needs_entry(entry, &settings[i], exactly))
            return entry;
    return NULL;
}

static bool is_first_of_service(const struct import_setting *settings, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(settings[i].service, settings[index].service) == 0)
            return false;
    return true;
}

static void set_entry(const struct postconf *postconf, const char *entry,
                      const struct import_setting *settings, size_t count, const char *service,
                      struct buffer *out)
{
    char *text = xstrdup(entry);
    char *argument;

    for (size_t i = 0; i < count; i++) {
        struct buffer changed = BUFFER_EMPTY;

        if (strcmp(settings[i].service, service) != 0)
            continue;
        master_entry_set(slice_of(text), settings[i].parameter, settings[i].value, &changed);
        free(text);
        text = xstrdup(buffer_text(&changed));
        buffer_free(&changed);
    }
    argument = xasprintf("%s=%s", service, text);
    write_postconf(postconf, "-M", argument, out);
    free(argument);
    free(text);
}

/* --- the door ------------------------------------------------------------------------------- */

void import_commands_set(const struct postconf *postconf, const struct import_setting *settings,
                         size_t count, bool exactly, struct buffer *out)
{
    for (size_t i = 0; i < count; i++) {
        const char *entry = find_entry(postconf, settings, count, i, exactly);

        if (entry != NULL && !is_first_of_service(settings, i))
            continue;
        if (entry != NULL)
            set_entry(postconf, entry, settings, count, settings[i].service, out);
        else
            set_one(postconf, &settings[i], out);
        buffer_add_char(out, '\n');
    }
}

void import_command_set(const struct postconf *postconf, const char *service, const char *parameter,
                        const char *value, struct buffer *out)
{
    const struct import_setting setting = {service, parameter, value};

    struct buffer line = BUFFER_EMPTY;

    import_commands_set(postconf, &setting, 1, false, &line);
    buffer_add(out, line.data, line.len - 1);
    buffer_free(&line);
}

void import_command_reload(const struct postconf *postconf, struct buffer *out)
{
    buffer_add_text(out, "postfix");
    write_directory(postconf, out);
    buffer_add_text(out, " reload");
}
