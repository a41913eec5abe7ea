/* db_params - see the header. What it consists of is told by the option table; only the hosts have no row. */
#include "db_params.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "hash.h"
#include "host_port.h"
#include "options.h"
#include "xmalloc.h"

#define UNIX_PREFIX "unix:"
#define INET_PREFIX "inet:"
#define PREFIX_LEN  (sizeof(UNIX_PREFIX) - 1)

/* [IPV6], and an IPv6 address that cannot be read as HOST:PORT. */
static bool is_whole_ipv6(const char *text)
{
    char *copy = xstrdup(text);
    bool whole = host_port_unbracket(copy) && host_port_is_ipv6(copy);

    if (!whole && host_port_is_ipv6(text)) {
        strcpy(copy, text);
        host_port_split(copy);
        whole = !host_port_is_ipv6(copy);
    }
    free(copy);
    return whole;
}

static bool parse_inet_host(char *name, unsigned *port_number)
{
    const char *port;

    if (is_whole_ipv6(name)) {
        host_port_unbracket(name);
        return true;
    }
    port = host_port_split(name);
    host_port_unbracket(name);
    return port == NULL || host_port_parse(port, port_number);
}

bool db_host_parse(const char *text, struct db_host *host, struct buffer *error)
{
    const char *rest = text, *port;
    bool good;

    *host = (struct db_host){.is_unix = strncmp(text, UNIX_PREFIX, PREFIX_LEN) == 0};
    if (host->is_unix || strncmp(text, INET_PREFIX, PREFIX_LEN) == 0)
        rest += PREFIX_LEN;
    host->text = xstrdup(text);
    host->name = xstrdup(rest);
    if (host->is_unix) {
        port = host_port_split(host->name);
        good = port == NULL || host_port_parse(port, &host->port);
    } else {
        good = parse_inet_host(host->name, &host->port);
    }
    if (!good || host->name[0] == '\0') {
        db_host_free(host);
        buffer_printf(error,
                      "expected unix:PATH, HOST or HOST:PORT (a number or a service), found \"%s\"",
                      text);
        return false;
    }
    if (strcasecmp(host->name, "localhost") == 0) {
        free(host->name);
        host->name = NULL;
        host->is_unix = true;
    }
    return true;
}

void db_host_free(struct db_host *host)
{
    free(host->text);
    free(host->name);
    *host = (struct db_host){0};
}

bool db_params_same_hosts(const struct db_params *a, const struct db_params *b)
{
    if (a->host_count != b->host_count)
        return false;
    for (size_t i = 0; i < a->host_count; i++)
        if (strcmp(a->hosts[i].text, b->hosts[i].text) != 0)
            return false;
    return true;
}

void db_params_append_hosts(const struct db_params *params, struct buffer *out)
{
    for (size_t i = 0; i < params->host_count; i++) {
        buffer_add_char(out, '+');
        buffer_add(out, params->hosts[i].text, strlen(params->hosts[i].text) + 1);
    }
    buffer_add_char(out, '.');
}

void db_params_seal(struct db_params *params)
{
    static const struct hash_secret none = {{0, 0}}; /* nobody outside chooses parameters */
    struct buffer all = BUFFER_EMPTY;

    db_params_append_hosts(params, &all);
    options_append(OPTION_IN_DB, CHANGE_CONNECTIONS, params, &all);
    params->hash = hash_bytes(&none, all.data, all.len);
    explicit_bzero(all.data, all.len); /* the password */
    buffer_free(&all);
}

bool db_params_equal(const struct db_params *a, const struct db_params *b)
{
    if (a->hash != 0 && b->hash != 0 && a->hash != b->hash)
        return false;
    return db_params_same_hosts(a, b) && options_equal(OPTION_IN_DB, CHANGE_CONNECTIONS, a, b);
}

void db_params_copy(const struct db_params *params, struct db_params *copy)
{
    *copy = *params;
    copy->hosts = NULL;
    copy->host_count = 0;
    options_own(OPTION_IN_DB, copy);
}

void db_params_free(struct db_params *params)
{
    for (size_t i = 0; i < params->host_count; i++)
        db_host_free(&params->hosts[i]);
    free(params->hosts);
    if (params->password != NULL)
        explicit_bzero(params->password, strlen(params->password));
    options_free(OPTION_IN_DB, params);
}
