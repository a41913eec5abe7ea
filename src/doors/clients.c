/* clients - all socketmap connections: who may come in, who is next, and how they all end. */
#include "client.h"

#include <event2/event.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clients.h"
#include "clock.h"
#include "peer.h"
#include "peer_name.h"
#include "stats.h"
#include "xmalloc.h"

void client_group_want_turns(struct client_group *group)
{
    struct timeval at_once = {0, 0};

    /* A timer, because an event made active by hand would run before others are polled. */
    event_add(&group->turns, &at_once);
}

static void on_turns(evutil_socket_t fd, short what, void *arg)
{
    struct client_group *group = arg;
    const struct client *last = TAILQ_LAST(&group->ready, client_list);
    const struct client *done = NULL;

    (void)fd;
    (void)what;
    /* Who becomes ready again in its turn waits for the next round. */
    while (done != last) {
        struct client *client = TAILQ_FIRST(&group->ready);

        TAILQ_REMOVE(&group->ready, client, ready_entry);
        client->ready = false;
        done = client;
        client_take_turn(client);
    }
    if (!TAILQ_EMPTY(&group->ready))
        client_group_want_turns(group);
}

struct client_group *client_group_new(struct event_base *base, struct lookup_service *service)
{
    struct client_group *group = xcalloc(1, sizeof(*group));

    group->base = base;
    group->service = service;
    group->descriptors_end = INT_MAX;
    TAILQ_INIT(&group->all);
    TAILQ_INIT(&group->ready);
    evtimer_assign(&group->turns, base, on_turns, group);
    group->idle = timeout_queue_new(base, client_on_idle);
    group->incomplete = timeout_queue_new(base, client_on_incomplete);
    group->unread = timeout_queue_new(base, client_on_unread);
    return group;
}

void client_group_free(struct client_group *group)
{
    while (!TAILQ_EMPTY(&group->all))
        client_close(TAILQ_FIRST(&group->all));
    timeout_queue_free(group->idle);
    timeout_queue_free(group->incomplete);
    timeout_queue_free(group->unread);
    event_del(&group->turns);
    buffer_free(&group->output);
    free(group);
}

void client_group_limit(struct client_group *group, int descriptors_end)
{
    group->descriptors_end = descriptors_end;
}

static bool group_has_room(struct client_group *group, int fd)
{
    uint32_t most = client_options(group)->max_clients;

    if (group->count >= most)
        log_limited(&group->full_log, clock_ms(), LOG_LEVEL_WARNING,
                    "client rejected: max_clients = %u are connected", most);
    else if (fd >= group->descriptors_end)
        log_limited(&group->full_log, clock_ms(), LOG_LEVEL_WARNING,
                    "client rejected: the limit of open files leaves no room for more than %zu",
                    group->count);
    else
        return true;
    return false;
}

static bool group_allows(struct client_group *group, int fd)
{
    const struct server_options *options = client_options(group);
    struct buffer name = BUFFER_EMPTY;

    if (peer_is_allowed(fd, options->allow, options->allow_count))
        return true;
    peer_name_add(fd, &name);
    log_limited(&group->allow_log, clock_ms(), LOG_LEVEL_WARNING,
                "client %s rejected: not in a network that allow names", buffer_text(&name));
    buffer_free(&name);
    return false;
}

void client_accept(struct client_group *group, int fd)
{
    if (group->draining || !group_has_room(group, fd) || !group_allows(group, fd)) {
        stats.clients.rejected++;
        close(fd);
    } else {
        stats.clients.accepted++;
        client_open(group, fd);
    }
}

void client_group_drain(struct client_group *group)
{
    struct client *next;

    group->draining = true;
    for (struct client *client = TAILQ_FIRST(&group->all); client != NULL; client = next) {
        next = TAILQ_NEXT(client, all_entry);
        client_drain(client);
    }
}

size_t client_group_count(const struct client_group *group)
{
    return group->count;
}
