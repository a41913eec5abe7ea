/*
 * hosts - which of several database hosts to connect to: preference, health and back-off. Pure: no
 * connections and no clock; time (monotonic ms) and chance come in as arguments.
 *
 * Unix sockets come before inet hosts, as in mysql_table(5); among equals the one with the fewest
 * connections, by chance if there are several. A host that failed rests, twice as long after every
 * failure, up to retry_interval while another can serve and a second at most while none can.
 *
 * "Up" after a failed connect is proven by the next connect; after a failed query (a Galera node
 * that lets everybody in and answers nobody) only by a query that is answered.
 */
#ifndef VMAPD_DATABASE_HOSTS_H
#define VMAPD_DATABASE_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "db_params.h"

#define HOSTS_MAX  64 /* of one pool, so that a set of them fits one word */
#define HOSTS_NONE ((size_t)-1)

/* The longest rest while no host can serve, and the first rest of all. */
#define HOSTS_REST_ALL_DOWN_MS 1000
#define HOSTS_REST_FIRST_MS    50

/* A set of hosts: bit 1 << index. */
typedef uint64_t host_set;

enum host_state { HOST_UNTRIED, HOST_UP, HOST_DOWN };

struct host_status {
    const char *name; /* as written in "hosts" */
    enum host_state state;
    const char *last_error; /* "" = none; borrowed */
    unsigned connections;   /* open or being opened */
    uint64_t last_error_ms; /* when that was */
};

struct hosts;

/* list is borrowed until hosts_free(). Only the first HOSTS_MAX are used. */
struct hosts *hosts_new(const struct db_host *list, size_t count, uint64_t retry_interval_ms);
void hosts_free(struct hosts *hosts);

size_t hosts_count(const struct hosts *hosts);
const struct db_host *hosts_get(const struct hosts *hosts, size_t index);
struct host_status hosts_status(const struct hosts *hosts, size_t index);

/* The best host for one more connection, none of excluded, none that is down or takes no more; or
 * HOSTS_NONE. */
size_t hosts_pick(const struct hosts *hosts, host_set excluded, uint64_t now_ms, uint32_t chance);

/*
 * A host that is down and has rested long enough for another try, or HOSTS_NONE, and *due_ms is when
 * to ask again (UINT64_MAX: no need). One attempt at a time while another host can serve.
 */
size_t hosts_pick_rested(const struct hosts *hosts, uint64_t now_ms, uint64_t *due_ms);

/* Whether any host outside excluded is up, or at least has open connections that work. */
bool hosts_can_serve(const struct hosts *hosts, host_set excluded);

/* Whether a connection on this host would be better placed on another one that is up, and has had no
 * trouble with our queries lately. */
bool hosts_should_move(const struct hosts *hosts, size_t index, uint64_t now_ms);

/* An attempt to connect. Filled by hosts_opening(), read only. */
struct host_attempt {
    size_t host;
    uint64_t began; /* the caller's count of events, by which old news is told from new */
    bool is_probe;  /* the host was down when it began */
};

/*
 * News of a host. The results say what is worth a log line: it went down, or it came up after
 * *down_ms.
 */
void hosts_opening(struct hosts *hosts, struct host_attempt *attempt, size_t index, uint64_t began,
                   uint64_t now_ms);
bool hosts_opened(struct hosts *hosts, const struct host_attempt *attempt, uint64_t now_ms,
                  uint64_t *down_ms);
bool hosts_open_failed(struct hosts *hosts, const struct host_attempt *attempt, uint64_t now_ms,
                       const char *error);
/* It is at its limit of connections, and so is up as long as those that are open serve: true, and for
 * retry_interval no more is tried. False: there are none, the attempt has failed. */
bool hosts_open_refused(struct hosts *hosts, const struct host_attempt *attempt, uint64_t now_ms);
void hosts_closed(struct hosts *hosts, size_t index);
bool hosts_answered(struct hosts *hosts, size_t index, uint64_t now_ms, uint64_t *down_ms);
/* Whether it has answered anything at that time or later. */
bool hosts_answered_since(const struct hosts *hosts, size_t index, uint64_t since_ms);
bool hosts_query_failed(struct hosts *hosts, size_t index, uint64_t now_ms, const char *error);

/* It serves, but not this query: a table is missing or damaged, perhaps just there. */
void hosts_query_refused(struct hosts *hosts, size_t index, uint64_t now_ms);

/*
 * Whether to give up a question that came in at event asked and has failed on the hosts in tried:
 * each other host is down, an attempt to connect to it has failed that began after the event, and
 * none is under way that began before the host was known to be down.
 */
bool hosts_refuse(const struct hosts *hosts, uint64_t asked, host_set tried);

/* The error of the host that failed last, "" = none. */
const char *hosts_last_error(const struct hosts *hosts);

#endif
