/* our_maps - see the header. */
#include "our_maps.h"

#include <stdlib.h>
#include <string.h>

#include "xmalloc.h"

bool our_maps_split(struct slice name, struct slice *address, struct slice *map)
{
    const char *colon = memrchr(name.data, ':', name.len);

    if (colon == NULL || memchr(name.data, ':', (size_t)(colon - name.data)) == NULL)
        return false;
    *address = (struct slice){name.data, (size_t)(colon - name.data)};
    *map = (struct slice){colon + 1, name.len - address->len - 1};
    return map->len > 0;
}

/* Whether "unix:PATH" or "inet:HOST:PORT" is one of our sockets. */
static bool is_ours(const struct config *config, const struct postconf *postconf,
                    struct slice address)
{
    const struct server_options *server = &config->server;
    const char *queue = postconf_value(postconf, "queue_directory");
    bool relative =
        address.len > 5 && memcmp(address.data, "unix:", 5) == 0 && address.data[5] != '/';
    char *text = relative ? xasprintf("unix:%s/%.*s", queue, (int)address.len - 5, address.data + 5)
                          : xstrndup(address.data, address.len);
    bool found = false;

    for (size_t i = 0; i < server->listen_count; i++)
        found = found || strcmp(server->listen[i].text, text) == 0;
    free(text);
    return found;
}

bool our_maps_is(const struct config *config, const struct postconf *postconf,
                 const struct list_member *member, struct slice *map)
{
    struct slice address;

    return slice_equal(member->type, slice_of("socketmap")) &&
           our_maps_split(member->name, &address, map) && is_ours(config, postconf, address);
}

const struct map_def *our_maps_of(const struct config *config, const struct postconf *postconf,
                                  const char *parameter)
{
    for (size_t i = 0; i < postconf_count(postconf); i++) {
        const struct postconf_setting *setting = postconf_setting(postconf, i);
        struct slice rest = slice_of(setting->expanded), map;
        struct list_member member;

        if (setting->service[0] != '\0' || strcmp(setting->name, parameter) != 0)
            continue;
        while (table_list_next(&rest, &member))
            if (our_maps_is(config, postconf, &member, &map))
                return config_map(config, map);
    }
    return NULL;
}
