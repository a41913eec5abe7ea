/*
 * helper - one detached thread for each attempt to connect, because name lookup, TLS handshake
 * and login block inside the client library. A thread works on its own copy of the parameters and
 * hands its attempt back through one list and one eventfd; all else here is the loop's.
 *
 * An attempt that nobody waits for any more cannot be stopped (a resolver may take half a minute),
 * only forgotten: it comes back some day and is closed then. How many are out at once is bounded.
 */
#include "helper.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <unistd.h>

#include "blame.h"
#include "library.h"
#include "log.h"
#include "login.h"
#include "thread.h"
#include "xmalloc.h"

#define FORGOTTEN_MAX     64
#define HELPER_STACK_SIZE ((size_t)1024 * 1024)

struct db_attempt {
    struct db_params params; /* own copies of all that db_login() reads */
    struct db_host host;
    db_attempt_done *done; /* NULL: nobody waits any more */
    void *arg;
    MYSQL *mysql;
    struct db_result result;
    TAILQ_ENTRY(db_attempt) entry; /* among those that returned */
};

TAILQ_HEAD(attempt_list, db_attempt);

/* Process-wide, as the client library is. */
static struct {
    int wakeup; /* eventfd; -1 before db_start() */
    struct event *event;
    pthread_mutex_t lock; /* of the rest: what a thread touches */
    struct attempt_list returned;
    bool stopped;
    unsigned out; /* attempts in threads or returned, of which */
    unsigned forgotten;
} helpers = {.lock = PTHREAD_MUTEX_INITIALIZER,
             .wakeup = -1,
             .returned = TAILQ_HEAD_INITIALIZER(helpers.returned)};

static struct db_attempt *attempt_new(const struct db_params *params, const struct db_host *host)
{
    struct db_attempt *attempt = xcalloc(1, sizeof(*attempt));

    db_params_copy(params, &attempt->params);
    attempt->host = *host;
    attempt->host.text = NULL;
    attempt->host.name = host->name != NULL ? xstrdup(host->name) : NULL;
    return attempt;
}

static void attempt_free(struct db_attempt *attempt)
{
    db_params_free(&attempt->params);
    free(attempt->host.name);
    free(attempt);
}

static void attempt_discard(struct db_attempt *attempt)
{
    if (attempt->mysql != NULL)
        mysql_close(attempt->mysql);
    attempt_free(attempt);
}

/* In the thread: the attempt belongs to the loop again, or to nobody if that is gone. */
static void hand_back(struct db_attempt *attempt)
{
    bool stopped;

    pthread_mutex_lock(&helpers.lock);
    stopped = helpers.stopped;
    if (stopped) {
        helpers.out--;
        helpers.forgotten--;
    } else {
        TAILQ_INSERT_TAIL(&helpers.returned, attempt, entry);
        if (eventfd_write(helpers.wakeup, 1) != 0)
            log_error("cannot wake up the event loop: %s", strerror(errno));
    }
    pthread_mutex_unlock(&helpers.lock);
    if (stopped)
        attempt_discard(attempt);
}

static void *helper_main(void *arg)
{
    struct db_attempt *attempt = arg;

    mysql_thread_init();
    attempt->mysql = db_login(&attempt->params, &attempt->host, &attempt->result);
    mysql_thread_end();
    hand_back(attempt);
    return NULL;
}

/* NULL: there is none. */
static struct db_attempt *take_returned(void)
{
    struct db_attempt *attempt;

    pthread_mutex_lock(&helpers.lock);
    attempt = TAILQ_FIRST(&helpers.returned);
    if (attempt != NULL)
        TAILQ_REMOVE(&helpers.returned, attempt, entry);
    pthread_mutex_unlock(&helpers.lock);
    return attempt;
}

static void count(int out, int forgotten)
{
    pthread_mutex_lock(&helpers.lock);
    helpers.out += (unsigned)out;
    helpers.forgotten += (unsigned)forgotten;
    pthread_mutex_unlock(&helpers.lock);
}

static unsigned read_count(const unsigned *counter)
{
    unsigned value;

    pthread_mutex_lock(&helpers.lock);
    value = *counter;
    pthread_mutex_unlock(&helpers.lock);
    return value;
}

static void attempt_finish(struct db_attempt *attempt)
{
    if (attempt->done == NULL) {
        count(-1, -1);
        attempt_discard(attempt);
        return;
    }
    count(-1, 0);
    attempt->done(attempt->arg, attempt->mysql, &attempt->result);
    attempt_free(attempt);
}

static void on_wakeup(evutil_socket_t fd, short what, void *arg)
{
    struct db_attempt *attempt;
    eventfd_t count;

    (void)what;
    (void)arg;
    eventfd_read(fd, &count);
    while ((attempt = take_returned()) != NULL)
        attempt_finish(attempt);
}

struct db_attempt *db_attempt_start(const struct db_params *params, const struct db_host *host,
                                    db_attempt_done *done, void *arg, struct db_result *result)
{
    unsigned forgotten = read_count(&helpers.forgotten);
    struct db_attempt *attempt;
    int error;

    assert(helpers.wakeup >= 0);
    if (forgotten >= FORGOTTEN_MAX) {
        blame_set(result, DB_HOST_FAILED, 0, "%u earlier attempts to connect still hang",
                  forgotten);
        return NULL;
    }
    attempt = attempt_new(params, host);
    attempt->done = done;
    attempt->arg = arg;
    count(1, 0);
    error = thread_start_detached(HELPER_STACK_SIZE, helper_main, attempt);
    if (error != 0) {
        count(-1, 0);
        blame_set(result, DB_HOST_FAILED, 0, "cannot start a thread to connect: %s",
                  strerror(error));
        attempt_free(attempt);
        return NULL;
    }
    return attempt;
}

int helper_start(void *(*run)(void *), void *arg)
{
    int error;

    count(1, 0);
    error = thread_start_detached(HELPER_STACK_SIZE, run, arg);
    if (error != 0)
        count(-1, 0);
    return error;
}

void helper_ends(void)
{
    count(-1, 0);
}

void db_attempt_abandon(struct db_attempt *attempt)
{
    attempt->done = NULL;
    count(0, 1);
}

/* What could turn on things behind the configuration's back. */
static void clean_environment(void)
{
    unsetenv("MYSQL_PWD");
    unsetenv("MYSQL_HOME");
    unsetenv("MARIADB_HOME");
    unsetenv("LIBMYSQL_PLUGINS");
    unsetenv("MARIADB_PLUGIN_DIR");
    unsetenv("MARIADB_TLS_DISABLE_PEER_VERIFICATION");
}

/*
 * exit(3) takes the TLS library away, which a thread that still hangs in a handshake may be using.
 * Runs before the library's own handler because it was registered after that.
 */
static void on_exit_with_helpers(int status, void *arg)
{
    (void)arg;
    if (read_count(&helpers.out) == 0)
        return;
    fflush(NULL);
    _exit(status);
}

void db_start(struct event_base *base)
{
    static bool is_registered;

    assert(helpers.wakeup < 0);
    clean_environment();
    if (mysql_library_init(0, NULL, NULL) != 0)
        log_fatal("cannot initialise the MySQL client library");
    if (!is_registered)
        on_exit(on_exit_with_helpers, NULL);
    is_registered = true;
    pthread_mutex_lock(&helpers.lock);
    helpers.stopped = false;
    pthread_mutex_unlock(&helpers.lock);
    helpers.wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (helpers.wakeup < 0)
        log_fatal("cannot make an eventfd: %s", strerror(errno));
    helpers.event = event_new(base, helpers.wakeup, EV_READ | EV_PERSIST, on_wakeup, NULL);
    event_add(helpers.event, NULL);
}

static void stop_event(void)
{
    if (helpers.wakeup < 0)
        return;
    event_free(helpers.event);
    close(helpers.wakeup);
    helpers.wakeup = -1;
}

unsigned db_stop(void)
{
    struct db_attempt *attempt;
    unsigned left;

    pthread_mutex_lock(&helpers.lock);
    helpers.stopped = true;
    pthread_mutex_unlock(&helpers.lock);
    while ((attempt = take_returned()) != NULL) {
        assert(attempt->done == NULL);
        attempt_finish(attempt);
    }
    stop_event();
    left = read_count(&helpers.out);
    if (left == 0)
        mysql_library_end();
    return left;
}
