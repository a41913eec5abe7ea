/* settings - see the header. */
#include "settings.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "xmalloc.h"

/* In the order in which messages list them. */
static const struct {
    enum option_section kind;
    const char *title;
} section_titles[] = {
    {OPTION_SERVER, "[server]"}, {OPTION_DATABASE, "[database]"}, {OPTION_CACHE, "[cache]"},
    {OPTION_MAP, "[map NAME]"},  {OPTION_TABLE, "[table NAME]"},
};

#define SECTION_TITLES (sizeof(section_titles) / sizeof(section_titles[0]))

struct settings *settings_new(enum option_section kind, const char *file, const char *name,
                              unsigned line)
{
    struct settings *settings = xcalloc(1, sizeof(*settings));
    size_t count;

    option_table(&count);
    settings->kind = kind;
    settings->file = file;
    settings->name = name;
    settings->line = line;
    settings->setting = xcalloc(count, sizeof(settings->setting[0]));
    return settings;
}

void settings_free(struct settings *settings)
{
    if (settings == NULL)
        return;
    free(settings->setting);
    free(settings);
}

static struct setting *setting_of(const struct settings *settings, const struct option *option)
{
    size_t count;

    return &settings->setting[option - option_table(&count)];
}

struct setting settings_get(const struct settings *settings, const char *name)
{
    const struct option *option = option_find_in(name, settings->kind);

    assert(option != NULL);
    return *setting_of(settings, option);
}

void settings_set(struct settings *settings, const char *name, const char *text)
{
    setting_of(settings, option_find_in(name, settings->kind))->text = text;
}

void settings_warn_of_password(const struct settings *settings, const struct cf_file *file)
{
    static const char *const names[] = {"password", "mirror_stream_password"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct setting password = settings_get(settings, names[i]);

        if (password.text != NULL && password.text[0] != '\0' && cf_is_public(file))
            log_warning(
                "%s:%u: every user of this machine has access to this password (chmod o= %s)",
                settings->file, password.line, settings->file);
    }
}

void settings_title(const struct settings *settings, struct buffer *out)
{
    if (settings->kind == OPTION_CF)
        buffer_add_text(out, settings->file);
    else if (settings->kind == OPTION_MAP)
        buffer_printf(out, "[map %s]", settings->name);
    else if (settings->kind == OPTION_TABLE)
        buffer_printf(out, "[table %s]", settings->name);
    for (size_t i = 0; i < SECTION_TITLES && *settings->name == '\0'; i++)
        if (section_titles[i].kind == settings->kind)
            buffer_add_text(out, section_titles[i].title);
}

bool settings_fail(const struct settings *settings, unsigned line, struct buffer *error,
                   const char *format, ...)
{
    char text[1000];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    buffer_printf(error, "%s:%u: %s", settings->file, line != 0 ? line : settings->line, text);
    return false;
}

/* "[a], [b] or [c]" */
static void add_section_titles(unsigned sections, struct buffer *out)
{
    size_t left = 0;

    for (size_t i = 0; i < SECTION_TITLES; i++)
        left += (sections & section_titles[i].kind) != 0;
    for (size_t i = 0; i < SECTION_TITLES; i++)
        if ((sections & section_titles[i].kind) != 0) {
            left--;
            buffer_printf(out, "%s%s", section_titles[i].title,
                          left == 0   ? ""
                          : left == 1 ? " or "
                                      : ", ");
        }
}

/* Why a name is none of these settings, and what may have been meant. True: something was. */
static bool explain_name(const struct settings *settings, const char *name, struct buffer *out)
{
    const struct option *elsewhere = option_find(name);
    const char *like = option_like(name, settings->kind);

    if (elsewhere != NULL) {
        buffer_printf(out, "%s does not belong in ", elsewhere->name);
        settings_title(settings, out);
        buffer_add_text(out, "; expected it in ");
        add_section_titles(elsewhere->sections, out);
        return true;
    }
    buffer_printf(out, "unknown parameter \"%.60s\"", name);
    if (like != NULL)
        buffer_printf(out, ", did you mean \"%s\"?", like);
    return like != NULL;
}

/*
 * Postfix ignores what it does not know, and so do we in its files; but not in silence. What is no mistake
 * of ours to see (iRedMail writes "port") does no harm.
 */
static bool refuse_name(struct settings *settings, const struct cf_line *line, struct buffer *error)
{
    struct buffer why = BUFFER_EMPTY;
    bool is_mistake = explain_name(settings, line->name, &why);

    if (settings->kind == OPTION_CF && is_mistake)
        log_warning("%s:%u: ignored: %s", settings->file, line->line, buffer_text(&why));
    else if (settings->kind == OPTION_CF)
        log_info("%s:%u: ignored, as by Postfix: %s", settings->file, line->line,
                 buffer_text(&why));
    else
        settings_fail(settings, line->line, error, "%s", buffer_text(&why));
    buffer_free(&why);
    return settings->kind == OPTION_CF;
}

bool settings_add(struct settings *settings, const struct cf_line *line, struct buffer *error)
{
    const struct option *option = option_find_in(line->name, settings->kind);
    struct setting *setting;

    if (option == NULL)
        return refuse_name(settings, line, error);
    setting = setting_of(settings, option);
    if (setting->text != NULL && settings->kind != OPTION_CF)
        return settings_fail(settings, line->line, error, "%s was set already in line %u",
                             option->name, setting->line);
    if (setting->text != NULL && strcmp(setting->text, line->value) != 0)
        log_warning("%s:%u: %s overrides its value of line %u", settings->file, line->line,
                    option->name, setting->line);
    *setting = (struct setting){line->value, line->line, line};
    return true;
}

struct found settings_find(const struct settings_chain *chain, const struct option *option)
{
    for (size_t i = 0; i < chain->count; i++) {
        struct setting *setting = setting_of(chain->at[i], option);

        if (setting->text != NULL)
            return (struct found){setting->text, chain->at[i], setting->line};
        if (chain->at[i]->kind == OPTION_CF && option->is_postfix)
            break;
    }
    return (struct found){option->fallback, NULL, 0};
}

static const struct option *find_option(const struct settings_chain *chain, const char *name)
{
    const struct option *option = NULL;

    for (size_t i = 0; i < chain->count && option == NULL; i++)
        option = option_find_in(name, chain->at[i]->kind);
    assert(option != NULL);
    return option;
}

struct found settings_find_name(const struct settings_chain *chain, const char *name)
{
    return settings_find(chain, find_option(chain, name));
}

static bool fail_option(const struct settings_chain *chain, const struct option *option,
                        const char *expectation, struct buffer *error)
{
    struct found found = settings_find(chain, option);

    assert(found.in != NULL); /* a default is always good */
    return settings_fail(found.in, found.line, error, "%s: %s", option->name, expectation);
}

bool settings_fail_value(const struct settings_chain *chain, const char *name,
                         const char *expectation, struct buffer *error)
{
    return fail_option(chain, find_option(chain, name), expectation, error);
}

bool settings_store(const struct settings_chain *chain, enum option_target target, void *base,
                    struct buffer *error)
{
    size_t count;
    const struct option *options = option_table(&count);
    struct buffer expectation = BUFFER_EMPTY;
    bool good = true;

    for (size_t i = 0; i < count && good; i++) {
        struct found found = settings_find(chain, &options[i]);

        good = option_store(&options[i], target, base, found.text, &expectation) ||
               fail_option(chain, &options[i], buffer_text(&expectation), error);
    }
    buffer_free(&expectation);
    return good;
}
