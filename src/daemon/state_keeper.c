/* state_keeper - see the header. */
#include "state_keeper.h"

#include <event2/event.h>
#include <stdlib.h>

#include "clock.h"
#include "config.h"
#include "state.h"
#include "xmalloc.h"

/* A step every few milliseconds keeps a save far below what lookups would notice. */
#define STEP_ENTRIES     1000
#define STEP_INTERVAL_MS 2

/* When to look whether the thread of a save that was given up has ended; then a new one begins. */
#define GIVEN_UP_MS 200

struct state_keeper {
    struct event_base *base;
    struct lookup_service *service;
    struct event *timer;         /* to the next save; while one is under way, to its next step */
    struct state_writer *writer; /* NULL between saves */
    bool is_given_up;            /* the save: its thread may still wait for the disk */
};

static const struct cache_options *keeper_options(const struct state_keeper *keeper)
{
    return &lookup_service_config(keeper->service)->cache;
}

static bool keeper_is_wanted(const struct state_keeper *keeper)
{
    return lookup_service_config(keeper->service) != NULL &&
           keeper_options(keeper)->state_file[0] != '\0';
}

/* The rows of a table are no answers to its query. */
#define MIRROR_ROWS UINT64_C(0x6d6972726f720001)

static void add_mirror(const struct state_keeper *keeper, size_t index, struct state_table *tables,
                       size_t *count)
{
    const struct mirror *mirror = lookup_table_mirror(keeper->service, index);
    cache_table rows = mirror != NULL ? mirror_saved(mirror) : 0;

    if (rows == 0)
        return;
    state_fingerprint(lookup_table_def(keeper->service, index), tables[*count].fingerprint);
    tables[*count].fingerprint[1] ^= MIRROR_ROWS;
    tables[(*count)++].table = rows;
}

/* The tables whose answers and rows are kept, in fresh memory. */
static struct state_table *keeper_tables(const struct state_keeper *keeper, size_t *count)
{
    size_t all = lookup_table_count(keeper->service);
    struct state_table *tables = xcalloc(2 * all, sizeof(*tables));

    *count = 0;
    for (size_t i = 0; i < all; i++) {
        cache_table table = lookup_table_cache(keeper->service, i);

        if (table == 0)
            continue;
        state_fingerprint(lookup_table_def(keeper->service, i), tables[*count].fingerprint);
        tables[(*count)++].table = table;
        add_mirror(keeper, i, tables, count);
    }
    return tables;
}

static void keeper_wait(struct state_keeper *keeper, uint64_t ms)
{
    const struct timeval delay = clock_timeval(ms);

    evtimer_add(keeper->timer, &delay);
}

static void keeper_stop_writer(struct state_keeper *keeper)
{
    if (keeper->writer != NULL)
        state_writer_free(keeper->writer);
    keeper->writer = NULL;
    keeper->is_given_up = false;
}

static void keeper_give_up(struct state_keeper *keeper)
{
    if (keeper->writer == NULL)
        return;
    state_writer_abandon(keeper->writer);
    keeper->is_given_up = true;
}

static void keeper_begin(struct state_keeper *keeper)
{
    struct state_clock clock;
    size_t count;
    struct state_table *tables = keeper_tables(keeper, &count);

    state_clock_read(&clock);
    keeper->writer =
        state_writer_new(keeper_options(keeper)->state_file, lookup_cache(keeper->service), tables,
                         count, &clock, clock_ms());
    free(tables);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct state_keeper *keeper = arg;
    bool is_due = keeper->writer == NULL || keeper->is_given_up;

    (void)fd;
    (void)what;
    if (keeper->writer != NULL &&
        state_writer_step(keeper->writer, STEP_ENTRIES, clock_ms()) != STATE_MORE)
        keeper_stop_writer(keeper);
    if (is_due && keeper->writer == NULL && keeper_is_wanted(keeper))
        keeper_begin(keeper);
    if (keeper->is_given_up)
        keeper_wait(keeper, GIVEN_UP_MS);
    else if (keeper->writer != NULL)
        keeper_wait(keeper, STEP_INTERVAL_MS);
    else if (keeper_is_wanted(keeper))
        keeper_wait(keeper, keeper_options(keeper)->state_interval_ms);
}

struct state_keeper *state_keeper_new(struct event_base *base, struct lookup_service *service)
{
    struct state_keeper *keeper = xcalloc(1, sizeof(*keeper));

    keeper->base = base;
    keeper->service = service;
    keeper->timer = evtimer_new(base, on_timer, keeper);
    return keeper;
}

void state_keeper_free(struct state_keeper *keeper)
{
    keeper_stop_writer(keeper);
    event_free(keeper->timer);
    free(keeper);
}

void state_keeper_load(struct state_keeper *keeper)
{
    struct state_clock clock;
    struct state_table *tables;
    size_t count;

    if (!keeper_is_wanted(keeper))
        return;
    tables = keeper_tables(keeper, &count);
    state_clock_read(&clock);
    state_load(keeper_options(keeper)->state_file, lookup_cache(keeper->service), tables, count,
               &clock, clock_ms(), NULL);
    free(tables);
}

void state_keeper_pause(struct state_keeper *keeper)
{
    keeper_give_up(keeper);
    evtimer_del(keeper->timer);
}

void state_keeper_resume(struct state_keeper *keeper)
{
    if (keeper->is_given_up)
        keeper_wait(keeper, GIVEN_UP_MS);
    else if (keeper_is_wanted(keeper))
        keeper_wait(keeper, keeper_options(keeper)->state_interval_ms);
}

void state_keeper_save(struct state_keeper *keeper)
{
    struct state_clock clock;
    struct state_table *tables;
    size_t count;

    evtimer_del(keeper->timer);
    keeper_stop_writer(keeper);
    if (!keeper_is_wanted(keeper))
        return;
    tables = keeper_tables(keeper, &count);
    state_clock_read(&clock);
    state_save(keeper_options(keeper)->state_file, lookup_cache(keeper->service), tables, count,
               &clock, clock_ms());
    free(tables);
}

void state_keeper_flushed(struct state_keeper *keeper)
{
    if (!keeper_is_wanted(keeper))
        return;
    state_keeper_pause(keeper);
    state_discard(keeper_options(keeper)->state_file);
    state_keeper_resume(keeper);
}
