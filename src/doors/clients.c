/* clients - see the header. What one connection does is in client.c. */
#include "clients.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "client.h"
#include "clock.h"
#include "log.h"
#include "peer.h"
#include "peer_name.h"
#include "stats.h"
#include "xmalloc.h"

struct clients {
    struct client_common *common;
    int descriptors_end; /* the first descriptor that no client may have */
    struct log_limit full_log;
    struct log_limit allow_log;
};

struct clients *clients_new(struct event_base *base, struct lookup_service *service)
{
    struct clients *clients = xcalloc(1, sizeof(*clients));

    clients->common = client_common_new(base, service);
    clients->descriptors_end = INT_MAX;
    return clients;
}

void clients_free(struct clients *clients)
{
    client_common_free(clients->common);
    free(clients);
}

void clients_configure(struct clients *clients, const struct server_options *options,
                       int descriptors_end)
{
    clients->common->options = options;
    clients->descriptors_end = descriptors_end;
}

static bool clients_have_room(struct clients *clients, int fd)
{
    size_t count = clients->common->count;
    uint32_t most = clients->common->options->max_clients;

    if (count >= most)
        log_limited(&clients->full_log, clock_ms(), LOG_LEVEL_WARNING,
                    "client rejected: max_clients = %u are connected", most);
    else if (fd >= clients->descriptors_end)
        log_limited(&clients->full_log, clock_ms(), LOG_LEVEL_WARNING,
                    "client rejected: the limit of open files leaves no room for more than %zu",
                    count);
    else
        return true;
    return false;
}

static bool clients_allow(struct clients *clients, int fd)
{
    const struct server_options *options = clients->common->options;
    struct buffer name = BUFFER_EMPTY;

    if (peer_is_allowed(fd, options->allow, options->allow_count))
        return true;
    peer_name_add(fd, &name);
    log_limited(&clients->allow_log, clock_ms(), LOG_LEVEL_WARNING,
                "client %s rejected: not in a network that allow names", buffer_text(&name));
    buffer_free(&name);
    return false;
}

void clients_accept(struct clients *clients, int fd)
{
    if (clients->common->is_draining || !clients_have_room(clients, fd) ||
        !clients_allow(clients, fd)) {
        stats.clients.rejected++;
        close(fd);
    } else {
        stats.clients.accepted++;
        client_open(clients->common, fd);
    }
}

void clients_drain(struct clients *clients)
{
    client_drain_all(clients->common);
}

size_t clients_count(const struct clients *clients)
{
    return clients->common->count;
}
