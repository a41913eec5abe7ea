/* main_cf - see the header. */
#include "main_cf.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "our_maps.h"
#include "xmalloc.h"

struct naming {
    struct check *check;
    const struct config *config;
    const struct postconf *postconf;
    const char *where;
};

/* Where we listen, as main.cf should say it. */
static char *right_address(const struct naming *naming)
{
    const char *queue = postconf_value(naming->postconf, "queue_directory");
    const struct server_options *server = &naming->config->server;
    size_t len = strlen(queue);

    for (size_t i = 0; i < server->listen_count; i++) {
        const char *path = server->listen[i].path;

        if (server->listen[i].kind == LISTEN_UNIX && strncmp(path, queue, len) == 0 &&
            path[len] == '/')
            return xasprintf("unix:%s", path + len + 1);
    }
    return xstrdup(server->listen_count > 0 ? server->listen[0].text : "unix:private/vmap");
}

static void check_path(const struct naming *naming, struct slice path, struct slice map,
                       bool proxied)
{
    const char *queue = postconf_value(naming->postconf, "queue_directory");
    const char *chrooted = postconf_chrooted(naming->postconf);
    bool absolute = path.len > 0 && path.data[0] == '/';
    char *full = absolute ? xstrndup(path.data, path.len)
                          : xasprintf("%s/%.*s", queue, (int)path.len, path.data);
    char *right = right_address(naming);
    struct slice address;
    struct list_member member = {.type = slice_of("socketmap")};
    char *name = xasprintf("unix:%.*s:%.*s", (int)path.len, path.data, (int)map.len, map.data);
    bool ours;

    member.name = slice_of(name);
    ours = our_maps_is(naming->config, naming->postconf, &member, &address);
    if (!ours && access(full, F_OK) != 0 && config_map(naming->config, map) == NULL)
        check_problem(
            naming->check,
            "%s: there is no socket %s, so mail is deferred; start what listens there, or "
            "mend the name",
            naming->where, full);
    else if (!ours && access(full, F_OK) != 0)
        check_problem(naming->check,
                      "%s: there is no socket %s, so mail is deferred; write "
                      "socketmap:%s:%.*s",
                      naming->where, full, right, (int)map.len, map.data);
    else if (absolute && chrooted[0] != '\0' && !proxied)
        check_problem(naming->check,
                      "%s: the service %s runs in the chroot %s, where %s is not; write "
                      "socketmap:%s:%.*s",
                      naming->where, chrooted, queue, full, right, (int)map.len, map.data);
    free(full);
    free(right);
    free(name);
}

static void check_name(const struct naming *naming, const struct list_member *member)
{
    struct slice address, map;

    if (!our_maps_split(member->name, &address, &map)) {
        char *right = right_address(naming);

        check_problem(naming->check,
                      "%s: %.*s names no map, so mail is deferred; write socketmap:%s:MAP, with "
                      "one of %s",
                      naming->where, (int)member->text.len, member->text.data, right,
                      naming->config->path);
        free(right);
    } else if (address.len > 5 && memcmp(address.data, "unix:", 5) == 0) {
        check_path(naming, (struct slice){address.data + 5, address.len - 5}, map, member->proxied);
    }
}

void check_table_names(struct check *check, const struct config *config,
                       const struct postconf *postconf, const struct postconf_setting *setting,
                       const char *where)
{
    const struct naming naming = {check, config, postconf, where};
    struct slice rest = slice_of(setting->expanded);
    struct list_member member;
    bool names = false;

    while (table_list_next(&rest, &member)) {
        bool is_socketmap = slice_equal(member.type, slice_of("socketmap"));

        names = names || is_socketmap;
        if (is_socketmap) {
            check_name(&naming, &member);
        } else if (names && member.text.data[0] == '#') {
            check_problem(check,
                          "%s: \"%.*s\" is taken for tables, not for a comment, so mail is "
                          "deferred; put the comment on a line of its own",
                          where, (int)(member.text.len + rest.len), member.text.data);
            return;
        }
    }
}
