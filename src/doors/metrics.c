/*
 * metrics - see the header. HTTP is libevent's evhttp, which bounds a request but neither the number
 * of connections nor how long one may trickle. So we make the bufferevent of each connection and
 * keep a reference: evhttp takes its callbacks off when it lets go of one, and what lives too long
 * is shut down, which evhttp sees as the end. At the limit the listener pauses.
 *
 * evhttp has one request of a connection in work at a time. More than a few in CHECK_MS wait for the next
 * round, so that however many ask without pause, lookups do not notice it.
 */
#include "metrics.h"

#include <arpa/inet.h>
#include <assert.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "clock.h"
#include "listen_inet.h"
#include "log.h"
#include "peer.h"
#include "report.h"
#include "xmalloc.h"

#define REQUEST_MAX    8192
#define TIMEOUT_S      5 /* of silence */
#define CHECK_MS       100
#define RENDER_MS      1000
#define ANSWERS        4 /* in CHECK_MS */
#define READ_AHEAD     16384
#define HTTP_FORBIDDEN 403 /* event2/http.h has no name for it */
#define TEXT_TYPE      "text/plain; charset=utf-8"
#define METRICS_TYPE   "text/plain; version=0.0.4; charset=utf-8"

struct metrics_connection {
    struct bufferevent *stream;
    uint64_t until_ms;
};

typedef void answer_page(struct metrics *metrics, struct evhttp_request *request);

/* A request that waits for its turn. Its connection may go meanwhile. */
struct metrics_waiting {
    struct evhttp_request *request;
    answer_page *answer;
};

struct metrics {
    struct event_base *base;
    const struct lookup_service *service;
    const struct server_options *options;
    struct evhttp *http;
    struct evhttp_bound_socket *sockets[LISTEN_INET_MAX];
    size_t socket_count;
    struct event *check_timer;
    uint64_t lifetime_ms;
    struct metrics_connection connections[METRICS_CONNECTIONS_MAX];
    size_t connection_count;
    struct log_limit full_limit;
    unsigned answers; /* since the last check */
    struct metrics_waiting waiting[METRICS_CONNECTIONS_MAX];
    size_t waiting_count;
    struct buffer text; /* of /metrics, */
    uint64_t rendered_ms;
};

/* --- connections ---------------------------------------------------------------------------- */

static void metrics_check_soon(struct metrics *metrics)
{
    const struct timeval interval = clock_timeval(CHECK_MS);

    evtimer_add(metrics->check_timer, &interval);
}

static bool connection_is_over(const struct metrics_connection *connection)
{
    bufferevent_event_cb callback;

    bufferevent_getcb(connection->stream, NULL, NULL, &callback, NULL);
    return callback == NULL;
}

static void metrics_accept(struct metrics *metrics, bool on)
{
    for (size_t i = 0; i < metrics->socket_count; i++) {
        struct evconnlistener *listener = evhttp_bound_socket_get_listener(metrics->sockets[i]);

        if (on)
            evconnlistener_enable(listener);
        else
            evconnlistener_disable(listener);
    }
}

static void metrics_answer(struct metrics *metrics, size_t most)
{
    size_t count = metrics->waiting_count < most ? metrics->waiting_count : most;

    metrics->answers = (unsigned)count;
    for (size_t i = 0; i < count; i++)
        metrics->waiting[i].answer(metrics, metrics->waiting[i].request);
    metrics->waiting_count -= count;
    memmove(metrics->waiting, metrics->waiting + count,
            metrics->waiting_count * sizeof(metrics->waiting[0]));
}

static void on_check(evutil_socket_t fd, short events, void *arg)
{
    struct metrics *metrics = arg;
    uint64_t now_ms = clock_ms();
    size_t kept = 0;

    (void)fd;
    (void)events;
    for (size_t i = 0; i < metrics->connection_count; i++) {
        struct metrics_connection *connection = &metrics->connections[i];

        if (connection_is_over(connection)) {
            bufferevent_decref(connection->stream);
            continue;
        }
        if (now_ms >= connection->until_ms)
            shutdown(bufferevent_getfd(connection->stream), SHUT_RDWR);
        metrics->connections[kept++] = *connection;
    }
    metrics->connection_count = kept;
    metrics_answer(metrics, ANSWERS);
    if (kept < METRICS_CONNECTIONS_MAX)
        metrics_accept(metrics, true);
    if (kept > 0)
        metrics_check_soon(metrics);
}

/* evhttp has accepted a connection and wants a bufferevent for it. */
static struct bufferevent *on_connection(struct event_base *base, void *arg)
{
    struct metrics *metrics = arg;
    struct bufferevent *stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    if (stream == NULL)
        log_fatal("out of memory: cannot make a connection");
    assert(metrics->connection_count < METRICS_CONNECTIONS_MAX); /* or nothing were accepted */
    bufferevent_incref(stream);
    bufferevent_setwatermark(stream, EV_READ, 0, READ_AHEAD);
    metrics->connections[metrics->connection_count++] =
        (struct metrics_connection){stream, clock_ms() + metrics->lifetime_ms};
    if (metrics->connection_count == METRICS_CONNECTIONS_MAX) {
        log_limited(&metrics->full_limit, clock_ms(), LOG_LEVEL_WARNING,
                    "metrics: %d connections at once, others wait", METRICS_CONNECTIONS_MAX);
        metrics_accept(metrics, false);
    }
    metrics_check_soon(metrics);
    return stream;
}

/* --- requests ------------------------------------------------------------------------------- */

/* evhttp would send the body to HEAD, too. */
static void reply(struct evhttp_request *request, int code, const char *reason, const char *type,
                  struct slice text)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);
    struct evbuffer *body = evbuffer_new();
    char length[24];

    snprintf(length, sizeof(length), "%zu", text.len);
    if (evhttp_request_get_command(request) == EVHTTP_REQ_HEAD)
        text.len = 0;
    if (body == NULL || evbuffer_add(body, text.data, text.len) != 0)
        log_fatal("out of memory: cannot answer over HTTP");
    evhttp_add_header(headers, "Content-Type", type);
    evhttp_add_header(headers, "Content-Length", length);
    evhttp_send_reply(request, code, reason, body);
    evbuffer_free(body);
}

/* Rendered at most once in RENDER_MS: with many maps that takes a while, and no figure is that new. */
static void answer_metrics(struct metrics *metrics, struct evhttp_request *request)
{
    uint64_t now_ms = clock_ms();

    if (metrics->text.len == 0 || now_ms - metrics->rendered_ms >= RENDER_MS) {
        struct report *report = report_new(metrics->service, now_ms);

        buffer_clear(&metrics->text);
        report_prometheus(report, &metrics->text);
        report_free(report);
        metrics->rendered_ms = now_ms;
    }
    reply(request, HTTP_OK, "OK", METRICS_TYPE, buffer_slice(&metrics->text));
}

static void answer_healthz(struct metrics *metrics, struct evhttp_request *request)
{
    (void)metrics;
    reply(request, HTTP_OK, "OK", TEXT_TYPE, slice_of("ok\n"));
}

static void answer_readyz(struct metrics *metrics, struct evhttp_request *request)
{
    struct report *report = report_new(metrics->service, clock_ms());
    struct buffer text = BUFFER_EMPTY;

    if (report_readiness(report, &text))
        reply(request, HTTP_OK, "OK", TEXT_TYPE, buffer_slice(&text));
    else
        reply(request, HTTP_SERVUNAVAIL, "Service Unavailable", TEXT_TYPE, buffer_slice(&text));
    report_free(report);
    buffer_free(&text);
}

static bool is_allowed(const struct metrics *metrics, struct evhttp_request *request)
{
    const struct server_options *options = metrics->options;
    struct bufferevent *stream =
        evhttp_connection_get_bufferevent(evhttp_request_get_connection(request));

    return peer_is_allowed(bufferevent_getfd(stream), options->allow, options->allow_count);
}

static void answer_forbidden(struct metrics *metrics, struct evhttp_request *request)
{
    (void)metrics;
    reply(request, HTTP_FORBIDDEN, "Forbidden", TEXT_TYPE,
          slice_of("not from a network that allow names\n"));
}

static void answer_not_found(struct metrics *metrics, struct evhttp_request *request)
{
    (void)metrics;
    reply(request, HTTP_NOTFOUND, "Not Found", TEXT_TYPE,
          slice_of("expected /metrics, /healthz or /readyz\n"));
}

static answer_page *find_page(struct evhttp_request *request)
{
    static const struct {
        const char *path;
        answer_page *answer;
    } pages[] = {
        {"/metrics", answer_metrics}, {"/healthz", answer_healthz}, {"/readyz", answer_readyz}};
    const char *path = evhttp_uri_get_path(evhttp_request_get_evhttp_uri(request));

    for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
        if (path != NULL && strcmp(path, pages[i].path) == 0)
            return pages[i].answer;
    return answer_not_found;
}

static void on_request(struct evhttp_request *request, void *arg)
{
    struct metrics *metrics = arg;
    answer_page *answer = is_allowed(metrics, request) ? find_page(request) : answer_forbidden;

    if (metrics->answers++ < ANSWERS || metrics->waiting_count == METRICS_CONNECTIONS_MAX)
        answer(metrics, request);
    else
        metrics->waiting[metrics->waiting_count++] = (struct metrics_waiting){request, answer};
}

/* --- the outside ---------------------------------------------------------------------------- */

static bool metrics_listen(struct metrics *metrics, const struct listen_address *address,
                           struct buffer *error)
{
    struct buffer reason = BUFFER_EMPTY;
    int fds[LISTEN_INET_MAX];

    metrics->socket_count = listen_inet(address, fds, &reason);
    if (metrics->socket_count == 0)
        buffer_printf(error, "metrics = %s: %s", address->text, buffer_text(&reason));
    for (size_t i = 0; i < metrics->socket_count; i++) {
        metrics->sockets[i] = evhttp_accept_socket_with_handle(metrics->http, fds[i]);
        if (metrics->sockets[i] == NULL)
            log_fatal("out of memory: cannot make an HTTP server");
    }
    buffer_free(&reason);
    return metrics->socket_count > 0;
}

struct metrics *metrics_new(struct event_base *base, const struct lookup_service *service,
                            const struct listen_address *address, struct buffer *error)
{
    struct metrics *metrics = xcalloc(1, sizeof(*metrics));

    metrics->base = base;
    metrics->service = service;
    metrics->http = evhttp_new(base);
    metrics->check_timer = evtimer_new(base, on_check, metrics);
    if (metrics->http == NULL || metrics->check_timer == NULL)
        log_fatal("out of memory: cannot make an HTTP server");
    metrics_set_lifetime(metrics, METRICS_LIFETIME_MS);
    evhttp_set_bevcb(metrics->http, on_connection, metrics);
    evhttp_set_timeout(metrics->http, TIMEOUT_S);
    evhttp_set_max_headers_size(metrics->http, REQUEST_MAX);
    evhttp_set_max_body_size(metrics->http, 0);
    evhttp_set_allowed_methods(metrics->http, EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
    evhttp_set_gencb(metrics->http, on_request, metrics);
    if (!metrics_listen(metrics, address, error)) {
        metrics_free(metrics);
        return NULL;
    }
    return metrics;
}

void metrics_configure(struct metrics *metrics, const struct server_options *options)
{
    metrics->options = options;
}

void metrics_free(struct metrics *metrics)
{
    metrics_answer(metrics, SIZE_MAX); /* those whose connection has gone are nobody else's */
    evhttp_free(metrics->http);
    for (size_t i = 0; i < metrics->connection_count; i++)
        bufferevent_decref(metrics->connections[i].stream);
    event_free(metrics->check_timer);
    buffer_free(&metrics->text);
    free(metrics);
}

void metrics_set_lifetime(struct metrics *metrics, uint64_t lifetime_ms)
{
    metrics->lifetime_ms = lifetime_ms;
}

uint16_t metrics_port(const struct metrics *metrics)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);

    memset(&address, 0, sizeof(address));
    if (getsockname(evhttp_bound_socket_get_fd(metrics->sockets[0]), (struct sockaddr *)&address,
                    &len) != 0)
        return 0;
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&address)->sin6_port
                                               : ((struct sockaddr_in *)&address)->sin_port);
}
