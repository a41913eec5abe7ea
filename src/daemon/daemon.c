/*
 * daemon - see the header.
 *
 * Life: daemon_new opens the sockets and gives up root; daemon_run serves, reloads on SIGHUP, and on
 * SIGTERM drains: no new connections, requests in flight are answered, idle connections close
 * (Postfix connects again to whoever listens then), until nothing is left or drain_timeout passes.
 */
#include "daemon.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>

#include "cache.h"
#include "clients.h"
#include "clock.h"
#include "control.h"
#include "descriptors.h"
#include "library.h"
#include "listener.h"
#include "log.h"
#include "lookup.h"
#include "loop_watch.h"
#include "metrics.h"
#include "systemd.h"
#include "pool.h"
#include "privileges.h"
#include "reloader.h"
#include "state_keeper.h"
#include "stats.h"
#include "version.h"
#include "xmalloc.h"

#define DRAIN_CHECK_MS 20
#define TIDY_MS        100
#define DISPATCH_MOST  32 /* callbacks between two looks at what is ready */

struct daemon {
    struct event_base *base;
    struct config *config; /* the one in force */
    bool verbose;
    struct cache *cache;
    struct lookup_service *service;
    struct clients *clients;
    struct control *control;
    struct systemd *systemd;
    struct state_keeper *keeper;
    struct reloader *reloader;
    struct listener **listeners;
    size_t listener_count;
    struct listener *control_listener;
    struct metrics *metrics; /* NULL unless configured */
    struct event *signals[3];
    struct event *drain_timer;
    struct loop_watch *loop_watch;
    uint64_t drain_until_ms;
    struct event *tidy_timer;
};

static void daemon_open_log(const struct daemon *daemon)
{
    log_open(daemon->config->server.syslog_name, daemon->config->server.log,
             daemon->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
}

static void daemon_log_settings(const struct daemon *daemon)
{
    struct buffer settings = BUFFER_EMPTY;

    config_describe(daemon->config, &settings);
    log_info("settings of %s: %s", daemon->config->path, buffer_text(&settings));
    buffer_free(&settings);
}

/* How many connections to the database there may be at once; beside those of a pool, one tries each
 * host that is down. */
static unsigned daemon_connections(const struct daemon *daemon)
{
    unsigned connections = 0;

    for (size_t i = 0; i < lookup_pool_count(daemon->service); i++) {
        const struct db_params *params = pool_params(lookup_pool(daemon->service, i));

        connections += params->pool_size + (unsigned)params->host_count;
    }
    return connections;
}

/* Serve the maps of daemon->config from now on. */
static struct lookup_carried daemon_configure(struct daemon *daemon)
{
    struct lookup_carried carried = lookup_service_configure(daemon->service, daemon->config);

    if (daemon->metrics != NULL)
        metrics_configure(daemon->metrics, &daemon->config->server);
    clients_configure(
        daemon->clients, &daemon->config->server,
        descriptors_for_clients(daemon->config->server.max_clients, daemon_connections(daemon)));
    return carried;
}

/* --- memory of what was flushed or dropped --------------------------------------------------- */

static void daemon_tidy_later(struct daemon *daemon)
{
    const struct timeval later = clock_timeval(TIDY_MS);

    evtimer_add(daemon->tidy_timer, &later);
}

static void on_tidy(evutil_socket_t fd, short events, void *arg)
{
    struct daemon *daemon = arg;

    (void)fd;
    (void)events;
    if (cache_tidy(daemon->cache))
        daemon_tidy_later(daemon);
}

/* --- reload --------------------------------------------------------------------------------- */

static struct lookup_carried daemon_adopt(struct daemon *daemon, struct config *config)
{
    struct config *old = daemon->config;
    struct lookup_carried carried;

    daemon->config = config;
    daemon_open_log(daemon);
    state_keeper_pause(daemon->keeper);
    cache_resize(daemon->cache, config->cache.max_size);
    carried = daemon_configure(daemon);
    config_unref(old);
    daemon_tidy_later(daemon);
    state_keeper_resume(daemon->keeper);
    return carried;
}

static void daemon_warn_restart(const struct config *old, const struct config *new)
{
    struct buffer names = BUFFER_EMPTY;

    if (config_needs_restart(old, new, &names))
        log_warning("changed, but needs a restart to take effect: %s", buffer_text(&names));
    buffer_free(&names);
}

static void renew(struct listener *listener, struct buffer *message)
{
    struct buffer error = BUFFER_EMPTY;
    bool was_gone;

    if (!listener_renew(listener, &was_gone, &error)) {
        log_warning("%s", buffer_text(&error));
        buffer_printf(message, "\n%s", buffer_text(&error));
    } else if (was_gone) {
        log_info("the file of a socket had gone, and was made anew: %s", listener_text(listener));
        buffer_printf(message, "\nmade anew, as it had gone: %s", listener_text(listener));
    }
    buffer_free(&error);
}

/* Somebody may have removed the file of a socket, or its directory. */
static void daemon_renew_sockets(struct daemon *daemon, struct buffer *message)
{
    for (size_t i = 0; i < daemon->listener_count; i++)
        renew(daemon->listeners[i], message);
    renew(daemon->control_listener, message);
}

static void on_reloaded(void *arg, struct config *config, struct buffer *message)
{
    struct daemon *daemon = arg;
    struct lookup_carried carried;

    if (config == NULL) {
        log_error("%s", buffer_text(message));
        log_error("reload failed, the old configuration stays in force");
    } else {
        daemon_warn_restart(daemon->config, config);
        carried = daemon_adopt(daemon, config);
        buffer_printf(message,
                      "reloaded %s: %zu maps, %zu tables; answers: %zu kept, %zu of them as old "
                      "ones, %zu forgotten",
                      config->path, config->map_count, config->table_count, carried.kept,
                      carried.old, carried.forgotten);
        log_info("%s", buffer_text(message));
        daemon_log_settings(daemon);
        daemon_renew_sockets(daemon, message);
    }
    if (!reloader_reads_again(daemon->reloader))
        systemd_ready(daemon->systemd);
}

static void on_reload(void *arg, struct control_reload *asker)
{
    struct daemon *daemon = arg;

    systemd_reloading(daemon->systemd);
    reloader_start(daemon->reloader, asker);
}

static void on_flushed(void *arg)
{
    struct daemon *daemon = arg;

    state_keeper_flushed(daemon->keeper);
    daemon_tidy_later(daemon);
}

static void on_sighup(evutil_socket_t signal_number, short events, void *arg)
{
    (void)signal_number;
    (void)events;
    on_reload(arg, NULL);
}

/* --- stop ----------------------------------------------------------------------------------- */

static void daemon_close_listeners(struct daemon *daemon)
{
    for (size_t i = 0; i < daemon->listener_count; i++)
        listener_close(daemon->listeners[i]);
    daemon->listener_count = 0;
}

static void on_drain_check(evutil_socket_t fd, short events, void *arg)
{
    struct daemon *daemon = arg;
    const struct timeval soon = clock_timeval(DRAIN_CHECK_MS);
    size_t clients = clients_count(daemon->clients);

    (void)fd;
    (void)events;
    if (clients == 0) {
        event_base_loopbreak(daemon->base);
    } else if (clock_ms() >= daemon->drain_until_ms) {
        log_warning("drain_timeout has passed, %zu clients are cut off", clients);
        event_base_loopbreak(daemon->base);
    } else {
        evtimer_add(daemon->drain_timer, &soon);
    }
}

static void on_sigterm(evutil_socket_t signal_number, short events, void *arg)
{
    struct daemon *daemon = arg;
    struct timeval now = {0, 0};

    (void)events;
    if (daemon->drain_until_ms != 0) {
        event_base_loopbreak(daemon->base); /* asked twice */
        return;
    }
    log_info("signal %d: finishing what is in flight", (int)signal_number);
    systemd_stopping(daemon->systemd);
    daemon->drain_until_ms = clock_ms() + daemon->config->server.drain_timeout_ms;
    daemon_close_listeners(daemon);
    clients_drain(daemon->clients);
    evtimer_add(daemon->drain_timer, &now);
}

/* --- start ---------------------------------------------------------------------------------- */

static void on_client(void *arg, int fd)
{
    clients_accept(((struct daemon *)arg)->clients, fd);
}

static void on_control(void *arg, int fd)
{
    control_accept(((struct daemon *)arg)->control, fd);
}

static bool daemon_listen(struct daemon *daemon, struct buffer *error)
{
    const struct server_options *server = &daemon->config->server;
    const struct listener_access access = {server->socket_mode, server->socket_owner,
                                           server->socket_group};
    const struct listener_access control_access = {server->control_mode, server->control_owner,
                                                   server->control_group};

    daemon->listeners = xcalloc(server->listen_count, sizeof(struct listener *));
    for (size_t i = 0; i < server->listen_count; i++) {
        struct listener *listener =
            listener_open(daemon->base, &server->listen[i], &access,
                          listener_inherited(&server->listen[i]), on_client, daemon, error);

        if (listener == NULL)
            return false;
        daemon->listeners[daemon->listener_count++] = listener;
    }
    daemon->control_listener =
        listener_open(daemon->base, &server->control, &control_access,
                      listener_inherited(&server->control), on_control, daemon, error);
    listener_warn_of_strays();
    return daemon->control_listener != NULL;
}

static bool daemon_serve_metrics(struct daemon *daemon, struct buffer *error)
{
    const struct listen_address *address = &daemon->config->server.metrics;

    if (address->text == NULL)
        return true;
    daemon->metrics = metrics_new(daemon->base, daemon->service, address, error);
    return daemon->metrics != NULL;
}

static void daemon_watch_signals(struct daemon *daemon)
{
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* LimitFSIZE=: the write fails, that is enough */
    daemon->signals[0] = evsignal_new(daemon->base, SIGTERM, on_sigterm, daemon);
    daemon->signals[1] = evsignal_new(daemon->base, SIGINT, on_sigterm, daemon);
    daemon->signals[2] = evsignal_new(daemon->base, SIGHUP, on_sighup, daemon);
    for (size_t i = 0; i < sizeof(daemon->signals) / sizeof(daemon->signals[0]); i++)
        evsignal_add(daemon->signals[i], NULL);
    daemon->drain_timer = evtimer_new(daemon->base, on_drain_check, daemon);
}

/* Thousands of clients can have something to say at once: look for what else there is meanwhile. */
static struct event_base *new_event_base(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base;

    event_config_set_max_dispatch_interval(config, NULL, DISPATCH_MOST, 0);
    base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

struct daemon *daemon_new(struct config *config, bool verbose, struct buffer *error)
{
    struct daemon *daemon = xcalloc(1, sizeof(*daemon));
    const struct control_actions actions = {on_reload, reloader_forget, daemon, on_flushed};
    struct hash_secret secret;

    stats.started_ms = clock_ms();
    daemon->config = config;
    daemon->verbose = verbose;
    daemon_open_log(daemon);
    /* Without memory for an event somebody would wait for ever; or the library would crash. */
    event_set_mem_functions(xmalloc, xrealloc, free);
    daemon->base = new_event_base();
    hash_secret_new(&secret);
    daemon->cache = cache_new(config->cache.max_size, &secret);
    daemon->service = lookup_service_new(daemon->base, daemon->cache);
    descriptors_raise_limit();
    daemon->clients = clients_new(daemon->base, daemon->service);
    daemon->control = control_new(daemon->base, daemon->service, &actions);
    daemon->reloader = reloader_new(daemon->base, config->path, on_reloaded, daemon);
    daemon->systemd = systemd_new(daemon->base);
    daemon->keeper = state_keeper_new(daemon->base, daemon->service);
    daemon->loop_watch = loop_watch_new(daemon->base);
    daemon->tidy_timer = evtimer_new(daemon->base, on_tidy, daemon);
    daemon_watch_signals(daemon);
    if (!daemon_listen(daemon, error) || !daemon_serve_metrics(daemon, error) ||
        !privileges_drop(config->server.user, error)) {
        daemon_free(daemon);
        return NULL;
    }
    privileges_hide_memory();
    db_start(daemon->base);
    daemon_configure(daemon);
    state_keeper_load(daemon->keeper);
    state_keeper_resume(daemon->keeper);
    return daemon;
}

void daemon_run(struct daemon *daemon)
{
    log_info("vmapd %s is ready: %zu maps, %zu tables, cache of %zu bytes", VMAPD_VERSION,
             daemon->config->map_count, daemon->config->table_count,
             daemon->config->cache.max_size);
    daemon_log_settings(daemon);
    systemd_ready(daemon->systemd);
    loop_watch_start(daemon->loop_watch); /* not before: to read a large state file takes seconds */
    event_base_dispatch(daemon->base);
    state_keeper_save(daemon->keeper);
    log_info("stopped after %llu lookups", (unsigned long long)stats.lookups);
}

static void event_free_if(struct event *event)
{
    if (event != NULL)
        event_free(event);
}

void daemon_free(struct daemon *daemon)
{
    daemon_close_listeners(daemon);
    free(daemon->listeners);
    if (daemon->control_listener != NULL)
        listener_close(daemon->control_listener);
    if (daemon->metrics != NULL)
        metrics_free(daemon->metrics);
    clients_free(daemon->clients);
    control_free(daemon->control);
    reloader_free(daemon->reloader);
    systemd_free(daemon->systemd);
    state_keeper_free(daemon->keeper);
    lookup_service_free(daemon->service);
    cache_free(daemon->cache);
    db_stop();
    for (size_t i = 0; i < sizeof(daemon->signals) / sizeof(daemon->signals[0]); i++)
        event_free_if(daemon->signals[i]);
    event_free_if(daemon->drain_timer);
    event_free(daemon->tidy_timer);
    loop_watch_free(daemon->loop_watch);
    config_unref(daemon->config);
    event_base_free(daemon->base);
    stats_free();
    free(daemon);
}
