/* hosts - see the header. */
#include "hosts.h"

#include <stdio.h>
#include <stdlib.h>

#include "xmalloc.h"

/* Up for that long, a host starts again with the shortest rest; one that comes and goes does not. */
#define STEADY_MS 10000

struct host {
    const struct db_host *address;
    enum host_state state;
    bool is_proven;        /* has served since it was last down; or was never down */
    bool failed_queries;   /* the last failure was one of a query */
    unsigned connections;  /* open or being opened, */
    unsigned opening;      /* of which not open yet, */
    unsigned probes;       /* of which began when it was down */
    uint64_t opening_ms;   /* when the last of them began */
    uint64_t rest_ms;      /* back-off; 0 = has not failed yet */
    uint64_t failed_ms;    /* the last failure */
    uint64_t down_ms;      /* when it went down */
    uint64_t refused_ms;   /* last query that it refused; 0 = none */
    uint64_t up_ms;        /* when it was proven again */
    uint64_t answered_ms;  /* the last answer */
    uint64_t full_ms;      /* takes no further connections until then */
    uint64_t failed_began; /* event at which the last failed attempt to connect began; 0 = none */
    char error[200];
};

struct hosts {
    uint64_t retry_interval_ms;
    size_t count;
    size_t last_failed;
    struct host list[HOSTS_MAX];
};

struct hosts *hosts_new(const struct db_host *list, size_t count, uint64_t retry_interval_ms)
{
    struct hosts *hosts = xcalloc(1, sizeof(*hosts));

    hosts->retry_interval_ms = retry_interval_ms;
    hosts->count = count < HOSTS_MAX ? count : HOSTS_MAX;
    for (size_t i = 0; i < hosts->count; i++) {
        hosts->list[i].address = &list[i];
        hosts->list[i].is_proven = true;
    }
    return hosts;
}

void hosts_free(struct hosts *hosts)
{
    free(hosts);
}

size_t hosts_count(const struct hosts *hosts)
{
    return hosts->count;
}

const struct db_host *hosts_get(const struct hosts *hosts, size_t index)
{
    return hosts->list[index].address;
}

struct host_status hosts_status(const struct hosts *hosts, size_t index)
{
    const struct host *host = &hosts->list[index];

    return (struct host_status){host->address->text, host->state, host->error, host->connections,
                                host->failed_ms};
}

/* Down, but only for new connections (it has too many): those that are open go on. */
static bool has_working(const struct host *host)
{
    return !host->failed_queries && host->connections > host->opening;
}

static bool serves(const struct host *host)
{
    return host->state != HOST_DOWN || has_working(host);
}

static bool is_in(host_set set, size_t index)
{
    return (set >> index & 1) != 0;
}

/* Less is better: unix sockets first, then few connections. */
static unsigned cost(const struct host *host)
{
    return host->connections + (host->address->is_unix ? 0 : UINT32_MAX / 2);
}

static bool is_full(const struct host *host, uint64_t now_ms)
{
    return now_ms < host->full_ms && has_working(host);
}

size_t hosts_pick(const struct hosts *hosts, host_set excluded, uint64_t now_ms, uint32_t chance)
{
    unsigned best = UINT32_MAX;
    uint32_t equals = 0;
    size_t picked = HOSTS_NONE;

    for (size_t i = 0; i < hosts->count; i++) {
        const struct host *host = &hosts->list[i];

        if (host->state == HOST_DOWN || is_full(host, now_ms) || is_in(excluded, i))
            continue;
        if (cost(host) < best) {
            best = cost(host);
            equals = 0;
        }
        if (cost(host) > best)
            continue;
        /* Of n equal ones each is kept with the chance 1 in n. */
        if (chance % ++equals == 0)
            picked = i;
        chance /= equals;
    }
    return picked;
}

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When to try a host that is down. While nobody serves, an attempt that gets no answer at all is not
 * waited for: the network may drop its packets and let those of the next one pass. */
static uint64_t rested_at(const struct hosts *hosts, const struct host *host)
{
    if (hosts_can_serve(hosts, 0))
        return host->opening > 0 ? UINT64_MAX
                                 : host->failed_ms + least(host->rest_ms, hosts->retry_interval_ms);
    return host->opening > 0 ? host->opening_ms + HOSTS_REST_ALL_DOWN_MS
                             : host->failed_ms + least(host->rest_ms, HOSTS_REST_ALL_DOWN_MS);
}

size_t hosts_pick_rested(const struct hosts *hosts, uint64_t now_ms, uint64_t *due_ms)
{
    *due_ms = UINT64_MAX;
    for (size_t i = 0; i < hosts->count; i++) {
        const struct host *host = &hosts->list[i];
        uint64_t at;

        if (host->state != HOST_DOWN)
            continue;
        at = rested_at(hosts, host);
        if (at <= now_ms)
            return i;
        if (at < *due_ms)
            *due_ms = at;
    }
    return HOSTS_NONE;
}

bool hosts_can_serve(const struct hosts *hosts, host_set excluded)
{
    for (size_t i = 0; i < hosts->count; i++)
        if (serves(&hosts->list[i]) && !is_in(excluded, i))
            return true;
    return false;
}

bool hosts_should_move(const struct hosts *hosts, size_t index, uint64_t now_ms)
{
    const struct host *from = &hosts->list[index];

    for (size_t i = 0; i < hosts->count; i++) {
        const struct host *to = &hosts->list[i];

        if (i == index || to->state != HOST_UP || !to->is_proven || is_full(to, now_ms) ||
            (to->refused_ms != 0 && now_ms - to->refused_ms < hosts->retry_interval_ms))
            continue;
        if (to->address->is_unix && !from->address->is_unix)
            return true;
        if (to->address->is_unix == from->address->is_unix &&
            to->connections + 1 < from->connections)
            return true;
    }
    return false;
}

void hosts_opening(struct hosts *hosts, struct host_attempt *attempt, size_t index, uint64_t began,
                   uint64_t now_ms)
{
    struct host *host = &hosts->list[index];

    *attempt = (struct host_attempt){index, began, host->state == HOST_DOWN};
    host->connections++;
    host->opening++;
    host->probes += attempt->is_probe;
    host->opening_ms = now_ms;
}

/* The attempt is over. */
static struct host *end_attempt(struct hosts *hosts, const struct host_attempt *attempt)
{
    struct host *host = &hosts->list[attempt->host];

    host->opening--;
    host->probes -= attempt->is_probe;
    return host;
}

void hosts_closed(struct hosts *hosts, size_t index)
{
    hosts->list[index].connections--;
}

/* True if that is news. */
static bool prove(struct host *host, uint64_t now_ms, uint64_t *down_ms)
{
    bool is_news = !host->is_proven;

    host->state = HOST_UP;
    host->is_proven = true;
    host->failed_queries = false;
    if (is_news)
        host->up_ms = now_ms;
    *down_ms = now_ms - host->down_ms;
    return is_news;
}

bool hosts_opened(struct hosts *hosts, const struct host_attempt *attempt, uint64_t now_ms,
                  uint64_t *down_ms)
{
    struct host *host = end_attempt(hosts, attempt);

    host->failed_began = 0;
    host->state = HOST_UP;
    return !host->failed_queries && prove(host, now_ms, down_ms);
}

bool hosts_answered(struct hosts *hosts, size_t index, uint64_t now_ms, uint64_t *down_ms)
{
    struct host *host = &hosts->list[index];

    host->answered_ms = now_ms;
    if (host->state == HOST_DOWN && !host->failed_queries)
        return false; /* it is new connections that fail; this was an old one */
    return prove(host, now_ms, down_ms);
}

/* True if that is news. */
static bool fail(struct hosts *hosts, size_t index, uint64_t now_ms, const char *error)
{
    struct host *host = &hosts->list[index];
    bool is_news = host->is_proven;

    if (host->rest_ms == 0 || (is_news && now_ms - host->up_ms > STEADY_MS))
        host->rest_ms = HOSTS_REST_FIRST_MS;
    else if (host->state != HOST_DOWN || host->rest_ms <= now_ms - host->failed_ms)
        host->rest_ms *= 2;
    if (host->rest_ms > hosts->retry_interval_ms && host->rest_ms > HOSTS_REST_ALL_DOWN_MS)
        host->rest_ms = hosts->retry_interval_ms;
    if (is_news)
        host->down_ms = now_ms;
    host->state = HOST_DOWN;
    host->is_proven = false;
    host->failed_ms = now_ms;
    hosts->last_failed = index;
    snprintf(host->error, sizeof(host->error), "%s", error);
    return is_news;
}

bool hosts_open_failed(struct hosts *hosts, const struct host_attempt *attempt, uint64_t now_ms,
                       const char *error)
{
    struct host *host = end_attempt(hosts, attempt);

    host->connections--;
    if (attempt->began > host->failed_began)
        host->failed_began = attempt->began;
    return fail(hosts, attempt->host, now_ms, error);
}

bool hosts_open_refused(struct hosts *hosts, const struct host_attempt *attempt, uint64_t now_ms)
{
    struct host *host = &hosts->list[attempt->host];

    if (host->state == HOST_DOWN || !has_working(host))
        return false;
    end_attempt(hosts, attempt);
    host->connections--;
    host->full_ms = now_ms + hosts->retry_interval_ms;
    return true;
}

bool hosts_answered_since(const struct hosts *hosts, size_t index, uint64_t since_ms)
{
    return hosts->list[index].answered_ms >= since_ms;
}

bool hosts_query_failed(struct hosts *hosts, size_t index, uint64_t now_ms, const char *error)
{
    hosts->list[index].failed_queries = true;
    return fail(hosts, index, now_ms, error);
}

bool hosts_refuse(const struct hosts *hosts, uint64_t asked, host_set tried)
{
    for (size_t i = 0; i < hosts->count; i++) {
        const struct host *host = &hosts->list[i];

        if (!is_in(tried, i) &&
            (serves(host) || host->failed_began <= asked || host->opening > host->probes))
            return false;
    }
    return true;
}

const char *hosts_last_error(const struct hosts *hosts)
{
    return hosts->list[hosts->last_failed].error;
}

void hosts_query_refused(struct hosts *hosts, size_t index, uint64_t now_ms)
{
    hosts->list[index].refused_ms = now_ms;
}
