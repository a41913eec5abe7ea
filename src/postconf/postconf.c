/* postconf - what postconf(1) printed, taken apart; see the header. Running it: postconf_run.c. */
#include "postconf.h"

#include <stdlib.h>

#include "master_entry.h"
#include "xmalloc.h"

struct pair {
    char *name, *value;
};

struct pairs {
    struct pair *at;
    size_t count;
};

struct postconf {
    char *directory;
    struct postconf_setting *settings;
    size_t count;
    struct pairs values;
    struct pairs programs; /* "service/type" -> command */
    struct pairs entries;  /* "service/type" -> its line of master.cf */
    char *chrooted;        /* a service; NULL: none */
};

struct postconf *postconf_new(const char *directory)
{
    struct postconf *postconf = xcalloc(1, sizeof(*postconf));

    postconf->directory = xstrdup(directory);
    return postconf;
}

static void pairs_add(struct pairs *pairs, struct slice name, struct slice value)
{
    pairs->at = xrealloc(pairs->at, (pairs->count + 1) * sizeof(*pairs->at));
    pairs->at[pairs->count++] =
        (struct pair){xstrndup(name.data, name.len), xstrndup(value.data, value.len)};
}

static const char *pairs_find(const struct pairs *pairs, struct slice name)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (slice_equal(slice_of(pairs->at[i].name), name))
            return pairs->at[i].value;
    return NULL;
}

static void pairs_free(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free(pairs->at[i].name);
        free(pairs->at[i].value);
    }
    free(pairs->at);
}

void postconf_free(struct postconf *postconf)
{
    if (postconf == NULL)
        return;
    for (size_t i = 0; i < postconf->count; i++) {
        free(postconf->settings[i].service);
        free(postconf->settings[i].name);
        free(postconf->settings[i].written);
        free(postconf->settings[i].expanded);
    }
    free(postconf->settings);
    pairs_free(&postconf->values);
    pairs_free(&postconf->programs);
    pairs_free(&postconf->entries);
    free(postconf->chrooted);
    free(postconf->directory);
    free(postconf);
}

/* --- lines ---------------------------------------------------------------------------------- */

static struct slice trim(struct slice text)
{
    while (text.len > 0 && strchr(" \t\r", text.data[0]) != NULL) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && strchr(" \t\r", text.data[text.len - 1]) != NULL)
        text.len--;
    return text;
}

static bool next_line(struct slice *text, struct slice *line)
{
    const char *end = text->len > 0 ? memchr(text->data, '\n', text->len) : NULL;

    if (text->len == 0)
        return false;
    line->data = text->data;
    line->len = end != NULL ? (size_t)(end - text->data) : text->len;
    text->data += line->len + (end != NULL);
    text->len -= line->len + (end != NULL);
    return true;
}

/* "name = value"; false on anything else. */
static bool split_assignment(struct slice line, struct slice *name, struct slice *value)
{
    const char *equals = memchr(line.data, '=', line.len);

    if (equals == NULL)
        return false;
    *name = trim((struct slice){line.data, (size_t)(equals - line.data)});
    *value = trim((struct slice){equals + 1, line.len - (size_t)(equals + 1 - line.data)});
    return name->len > 0;
}

/* "submission/inet/name" is of service "submission/inet"; in main.cf there is no service. */
static struct slice split_service(struct slice *name)
{
    const char *slash = memrchr(name->data, '/', name->len);
    struct slice service = {name->data, slash != NULL ? (size_t)(slash - name->data) : 0};

    if (slash != NULL)
        *name = (struct slice){slash + 1, name->len - service.len - 1};
    return service;
}

/* --- what a line says ----------------------------------------------------------------------- */

static struct postconf_setting *find_setting(struct postconf *postconf, struct slice service,
                                             struct slice name)
{
    for (size_t i = 0; i < postconf->count; i++)
        if (slice_equal(slice_of(postconf->settings[i].service), service) &&
            slice_equal(slice_of(postconf->settings[i].name), name))
            return &postconf->settings[i];
    return NULL;
}

static void take_written(struct postconf *postconf, struct slice name, struct slice value)
{
    struct slice service = split_service(&name);
    struct postconf_setting *setting;

    postconf->settings =
        xrealloc(postconf->settings, (postconf->count + 1) * sizeof(*postconf->settings));
    setting = &postconf->settings[postconf->count++];
    setting->service = xstrndup(service.data, service.len);
    setting->name = xstrndup(name.data, name.len);
    setting->written = xstrndup(value.data, value.len);
    setting->expanded = xstrndup(value.data, value.len);
}

static void take_expanded(struct postconf *postconf, struct slice name, struct slice value)
{
    struct slice service = split_service(&name);
    struct postconf_setting *setting = find_setting(postconf, service, name);

    if (setting == NULL)
        return;
    free(setting->expanded);
    setting->expanded = xstrndup(value.data, value.len);
}

/* A line of master.cf: service, type, five fields of no interest here, the command. */
static bool looks_up(struct slice command)
{
    static const char *const commands[] = {"smtpd", "cleanup", "trivial-rewrite", "smtp", "lmtp"};

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (slice_equal(command, slice_of(commands[i])))
            return true;
    return false;
}

/* -P makes one blank of several, also between quotes; the entry has them as they are. */
static void take_exactly(struct postconf *postconf, const char *service, struct slice entry)
{
    for (size_t i = 0; i < postconf->count; i++) {
        struct postconf_setting *setting = &postconf->settings[i];
        struct buffer value = BUFFER_EMPTY;

        if (strcmp(setting->service, service) == 0 &&
            master_entry_find(entry, setting->name, &value) > 0) {
            free(setting->written);
            setting->written = xstrdup(buffer_text(&value));
        }
        buffer_free(&value);
    }
}

static void take_service(struct postconf *postconf, struct slice line)
{
    const struct slice entry = line;
    struct slice word[8];
    size_t count = 0;
    char *name;

    for (; count < 8; count++) {
        line = trim(line);
        word[count] = line;
        word[count].len = 0;
        while (word[count].len < line.len && strchr(" \t", line.data[word[count].len]) == NULL)
            word[count].len++;
        if (word[count].len == 0)
            return;
        line.data += word[count].len;
        line.len -= word[count].len;
    }
    name = xasprintf("%.*s/%.*s", (int)word[0].len, word[0].data, (int)word[1].len, word[1].data);
    pairs_add(&postconf->programs, slice_of(name), word[7]);
    pairs_add(&postconf->entries, slice_of(name), entry);
    take_exactly(postconf, name, entry);
    free(name);
    if (postconf->chrooted == NULL && slice_equal(word[4], slice_of("y")) && looks_up(word[7]))
        postconf->chrooted = xstrndup(word[0].data, word[0].len);
}

static void take_line(struct postconf *postconf, enum postconf_output output, struct slice line)
{
    struct slice name, value;

    if (output == POSTCONF_SERVICES) {
        take_service(postconf, line);
        return;
    }
    if (!split_assignment(line, &name, &value))
        return;
    switch (output) {
    case POSTCONF_WRITTEN:
    case POSTCONF_OVERRIDES_WRITTEN:
        take_written(postconf, name, value);
        break;
    case POSTCONF_EXPANDED:
    case POSTCONF_OVERRIDES_EXPANDED:
        take_expanded(postconf, name, value);
        break;
    case POSTCONF_VALUES:
        pairs_add(&postconf->values, name, value);
        break;
    case POSTCONF_SERVICES:
        break;
    }
}

void postconf_add(struct postconf *postconf, enum postconf_output output, struct slice text)
{
    struct slice line;

    while (next_line(&text, &line))
        take_line(postconf, output, line);
}

/* --- questions ------------------------------------------------------------------------------ */

const char *postconf_directory(const struct postconf *postconf)
{
    return postconf->directory;
}

size_t postconf_count(const struct postconf *postconf)
{
    return postconf->count;
}

const struct postconf_setting *postconf_setting(const struct postconf *postconf, size_t index)
{
    return &postconf->settings[index];
}

const struct postconf_setting *postconf_find(const struct postconf *postconf, const char *service,
                                             const char *name)
{
    for (size_t i = 0; i < postconf->count; i++)
        if (strcmp(postconf->settings[i].service, service) == 0 &&
            strcmp(postconf->settings[i].name, name) == 0)
            return &postconf->settings[i];
    return NULL;
}

const char *postconf_service_value(const struct postconf *postconf, const char *service,
                                   const char *name)
{
    const struct postconf_setting *own = NULL;

    if (service[0] != '\0')
        own = postconf_find(postconf, service, name);
    return own != NULL ? own->expanded : postconf_value(postconf, name);
}

const char *postconf_value(const struct postconf *postconf, const char *name)
{
    const char *value = pairs_find(&postconf->values, slice_of(name));
    const struct postconf_setting *setting = postconf_find(postconf, "", name);

    if (value == NULL && setting != NULL)
        value = setting->expanded;
    return value != NULL ? value : "";
}

const char *postconf_agent(const struct postconf *postconf, struct slice service)
{
    static const char *const types[] = {"unix", "pass"};
    const char *program = NULL;

    if (postconf->programs.count == 0 && slice_equal(service, slice_of("virtual")))
        return "virtual";
    for (size_t i = 0; program == NULL && i < sizeof(types) / sizeof(types[0]); i++) {
        char *name = xasprintf("%.*s/%s", (int)service.len, service.data, types[i]);

        program = pairs_find(&postconf->programs, slice_of(name));
        free(name);
    }
    return program;
}

const char *postconf_program(const struct postconf *postconf, const char *service)
{
    return pairs_find(&postconf->programs, slice_of(service));
}

const char *postconf_entry(const struct postconf *postconf, const char *service)
{
    return pairs_find(&postconf->entries, slice_of(service));
}

const char *postconf_chrooted(const struct postconf *postconf)
{
    return postconf->chrooted != NULL ? postconf->chrooted : "";
}
