/* server - [server] and [cache]; see parts.h. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xmalloc.h"

/* Parse one listening address that was written for this parameter. */
static bool read_address(const struct settings_chain *chain, const char *name, const char *text,
                         const enum listen_kind *kind, struct listen_address *address,
                         struct buffer *error)
{
    struct buffer why = BUFFER_EMPTY;
    bool good = listen_address_parse(text, address, &why);

    if (good && kind != NULL && address->kind != *kind) {
        buffer_printf(&why, "expected %s, found \"%s\"",
                      *kind == LISTEN_UNIX ? "unix:/PATH" : "inet:HOST:PORT", text);
        listen_address_free(address);
        good = false;
    }
    if (!good)
        settings_fail_value(chain, name, buffer_text(&why), error);
    buffer_free(&why);
    return good;
}

/* The database's contents are nobody's business outside this machine unless somebody says whose. */
static bool check_reach(const struct settings_chain *chain, const char *name,
                        const struct server_options *server, const struct listen_address *address,
                        struct buffer *error)
{
    char *why;

    if (address->kind != LISTEN_INET || server->allow_count > 0 ||
        network_is_loopback(address->host) || strcasecmp(address->host, "localhost") == 0)
        return true;
    why = xasprintf("expected a loopback address, found \"%s\"; to listen elsewhere, name the "
                    "networks of the clients in allow",
                    address->text);
    settings_fail_value(chain, name, why, error);
    free(why);
    return false;
}

static bool read_allow(struct server_options *server, const struct settings_chain *chain,
                       struct buffer *error)
{
    const char *list = settings_find_name(chain, "allow").text;
    struct slice member;
    bool good = true;

    while (good && option_next_member(&list, &member)) {
        char *text = xstrndup(member.data, member.len);
        struct buffer why = BUFFER_EMPTY;

        server->allow = xrealloc(server->allow, (server->allow_count + 1) * sizeof(*server->allow));
        good = network_parse(text, &server->allow[server->allow_count++], &why) ||
               settings_fail_value(chain, "allow", buffer_text(&why), error);
        buffer_free(&why);
        free(text);
    }
    return good;
}

static bool is_listed(const struct server_options *server, const char *text)
{
    for (size_t i = 0; i < server->listen_count; i++)
        if (strcmp(server->listen[i].text, text) == 0)
            return true;
    return false;
}

static bool add_listen(struct server_options *server, const struct settings_chain *chain,
                       const char *text, struct buffer *error)
{
    struct listen_address address;

    if (is_listed(server, text))
        return settings_fail_value(chain, "listen", "expected each address once", error);
    if (!read_address(chain, "listen", text, NULL, &address, error))
        return false;
    server->listen = xrealloc(server->listen, (server->listen_count + 1) * sizeof(*server->listen));
    server->listen[server->listen_count++] = address;
    return check_reach(chain, "listen", server, &address, error);
}

static bool read_listen(struct server_options *server, const struct settings_chain *chain,
                        struct buffer *error)
{
    const char *list = settings_find_name(chain, "listen").text;
    struct slice member;
    bool good = true;

    while (good && option_next_member(&list, &member)) {
        char *text = xstrndup(member.data, member.len);

        good = add_listen(server, chain, text, error);
        free(text);
    }
    if (good && server->listen_count == 0)
        return settings_fail_value(chain, "listen", "expected at least one address", error);
    return good;
}

static bool read_control(struct server_options *server, const struct settings_chain *chain,
                         struct buffer *error)
{
    const char *text = settings_find_name(chain, "control").text;
    enum listen_kind kind = LISTEN_UNIX;

    if (!read_address(chain, "control", text, &kind, &server->control, error))
        return false;
    if (is_listed(server, text))
        return settings_fail_value(chain, "control", "expected another socket than listen has",
                                   error);
    return true;
}

static bool read_metrics(struct server_options *server, const struct settings_chain *chain,
                         struct buffer *error)
{
    const char *text = settings_find_name(chain, "metrics").text;
    enum listen_kind kind = LISTEN_INET;

    if (text[0] == '\0')
        return true;
    return read_address(chain, "metrics", text, &kind, &server->metrics, error) &&
           check_reach(chain, "metrics", server, &server->metrics, error);
}

/* Some parameters may stand in either of two sections, but not in both. */
static bool check_one_place(const struct settings *first, const struct settings *second,
                            enum option_target target, struct buffer *error)
{
    size_t count;
    const struct option *option = option_table(&count);

    for (; count > 0; count--, option++) {
        struct setting a, b;

        if (option->stored[0].target != target || (option->sections & first->kind) == 0 ||
            (option->sections & second->kind) == 0)
            continue;
        a = settings_get(first, option->name);
        b = settings_get(second, option->name);
        if (a.text != NULL && b.text != NULL)
            return settings_fail(second, b.line, error, "%s was set already in line %u",
                                 option->name, a.line);
    }
    return true;
}

bool server_options_fill(struct config *config, const struct sections *sections,
                         struct buffer *error)
{
    const struct settings_chain server = {2, {sections->server, sections->database}};
    const struct settings_chain cache = {2, {sections->cache, sections->server}};

    return check_one_place(sections->server, sections->database, OPTION_IN_SERVER, error) &&
           check_one_place(sections->cache, sections->server, OPTION_IN_CACHE, error) &&
           settings_store(&server, OPTION_IN_SERVER, &config->server, error) &&
           settings_store(&cache, OPTION_IN_CACHE, &config->cache, error) &&
           read_allow(&config->server, &server, error) &&
           read_listen(&config->server, &server, error) &&
           read_control(&config->server, &server, error) &&
           read_metrics(&config->server, &server, error);
}

void server_options_free(struct server_options *server)
{
    for (size_t i = 0; i < server->listen_count; i++)
        listen_address_free(&server->listen[i]);
    free(server->listen);
    free(server->allow);
    listen_address_free(&server->control);
    listen_address_free(&server->metrics);
    options_free(OPTION_IN_SERVER, server);
}

char **server_fixed_values(const struct sections *sections)
{
    const struct settings_chain chain = {1, {sections->server}};
    size_t count;
    const struct option *option = option_table(&count);
    char **values = xcalloc(count, sizeof(*values));

    for (size_t i = 0; i < count; i++)
        if (option[i].change == CHANGE_RESTART)
            values[i] = xstrdup(settings_find(&chain, &option[i]).text);
    return values;
}
