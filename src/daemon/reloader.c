/*
 * reloader - see the header. The thread owns its reading until that is finished, under the lock, and wakes
 * the loop up; what was abandoned by then it frees itself.
 */
#include "reloader.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "config.h"
#include "log.h"
#include "privileges.h"
#include "thread.h"
#include "xmalloc.h"

/* Shared with the thread. */
struct reading {
    char *path;
    struct config *config;
    struct buffer message;
    pthread_mutex_t lock; /* of the rest */
    int wakeup;           /* -1: abandoned */
    bool is_finished;
};

struct reloader {
    char *path;
    reloader_done *done;
    void *arg;
    int wakeup; /* eventfd */
    struct event *event;
    struct reading *reading; /* NULL: none */
    bool again;              /* and then once more */
    struct control_reloads asked;
    struct control_reloads asked_again;
};

static void reading_free(struct reading *reading)
{
    config_unref(reading->config);
    buffer_free(&reading->message);
    pthread_mutex_destroy(&reading->lock);
    free(reading->path);
    free(reading);
}

/* Hand it to the loop; true: nobody waits for it any more. */
static bool reading_finish(struct reading *reading)
{
    bool is_abandoned;

    pthread_mutex_lock(&reading->lock);
    reading->is_finished = true;
    is_abandoned = reading->wakeup < 0;
    if (!is_abandoned && eventfd_write(reading->wakeup, 1) != 0)
        log_error("cannot wake up the event loop: %s", strerror(errno));
    pthread_mutex_unlock(&reading->lock);
    return is_abandoned;
}

static void *read_in_thread(void *arg)
{
    struct reading *reading = arg;

    reading->config = config_load(reading->path, &reading->message);
    if (reading->config == NULL && strstr(buffer_text(&reading->message), strerror(EACCES)) != NULL)
        privileges_name_new_group(&reading->message);
    if (reading_finish(reading))
        reading_free(reading);
    return NULL;
}

static void start_reading(struct reloader *reloader)
{
    struct reading *reading = xcalloc(1, sizeof(*reading));
    int error;

    reading->path = xstrdup(reloader->path);
    reading->wakeup = reloader->wakeup;
    pthread_mutex_init(&reading->lock, NULL);
    reloader->reading = reading;
    error = thread_start_detached(0, read_in_thread, reading);
    if (error == 0)
        return;
    buffer_printf(&reading->message, "cannot start a thread to read the configuration: %s",
                  strerror(error));
    reading_finish(reading);
}

static void tell(struct control_reloads *askers, bool is_good, const char *message)
{
    struct control_reload *asker;

    while ((asker = TAILQ_FIRST(askers)) != NULL) {
        reloader_forget(asker);
        asker->done(asker, is_good, message);
    }
}

static void read_again(struct reloader *reloader)
{
    struct control_reload *asker;

    reloader->again = false;
    while ((asker = TAILQ_FIRST(&reloader->asked_again)) != NULL) {
        reloader_forget(asker);
        asker->list = &reloader->asked;
        TAILQ_INSERT_TAIL(&reloader->asked, asker, entry);
    }
    start_reading(reloader);
}

static void on_wakeup(evutil_socket_t fd, short what, void *arg)
{
    struct reloader *reloader = arg;
    struct reading *reading = reloader->reading;
    bool is_good;
    eventfd_t count;

    (void)what;
    eventfd_read(fd, &count);
    pthread_mutex_lock(&reading->lock); /* the thread may not have let go of it yet */
    pthread_mutex_unlock(&reading->lock);
    is_good = reading->config != NULL;
    reloader->done(reloader->arg, reading->config, &reading->message);
    reading->config = NULL;
    tell(&reloader->asked, is_good, buffer_text(&reading->message));
    reading_free(reading);
    reloader->reading = NULL;
    if (reloader->again)
        read_again(reloader);
}

struct reloader *reloader_new(struct event_base *base, const char *path, reloader_done *done,
                              void *arg)
{
    struct reloader *reloader = xcalloc(1, sizeof(*reloader));

    reloader->path = xstrdup(path);
    reloader->done = done;
    reloader->arg = arg;
    TAILQ_INIT(&reloader->asked);
    TAILQ_INIT(&reloader->asked_again);
    reloader->wakeup = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (reloader->wakeup < 0)
        log_fatal("cannot make an eventfd: %s", strerror(errno));
    reloader->event = event_new(base, reloader->wakeup, EV_READ | EV_PERSIST, on_wakeup, reloader);
    event_add(reloader->event, NULL);
    return reloader;
}

static void abandon(struct reading *reading)
{
    bool is_finished;

    pthread_mutex_lock(&reading->lock);
    is_finished = reading->is_finished;
    reading->wakeup = -1;
    pthread_mutex_unlock(&reading->lock);
    if (is_finished)
        reading_free(reading);
}

void reloader_free(struct reloader *reloader)
{
    if (reloader == NULL)
        return;
    if (reloader->reading != NULL)
        abandon(reloader->reading);
    event_free(reloader->event);
    close(reloader->wakeup);
    free(reloader->path);
    free(reloader);
}

void reloader_start(struct reloader *reloader, struct control_reload *asker)
{
    bool begins = reloader->reading == NULL;

    if (asker != NULL) {
        asker->list = begins ? &reloader->asked : &reloader->asked_again;
        TAILQ_INSERT_TAIL(asker->list, asker, entry);
    }
    if (begins)
        start_reading(reloader);
    else
        reloader->again = true;
}

bool reloader_reads_again(const struct reloader *reloader)
{
    return reloader->again;
}

void reloader_forget(struct control_reload *asker)
{
    TAILQ_REMOVE(asker->list, asker, entry);
}
