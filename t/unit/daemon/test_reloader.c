/* The configuration is read by a thread, and who asks is told of what was written when he asked. */
#include "reloader.h"

#include <event2/event.h>
#include <stdio.h>
#include <unistd.h>

#include "config.h"
#include "unit.h"

#define GOOD "[map m]\ndbname = d\nquery = SELECT '%s'\n"

static char path[] = "/tmp/test_reloader.XXXXXX";
static struct event_base *base;
static struct reloader *reloader;
static unsigned read_times;
static size_t maps; /* of the last configuration; 0: it was refused */
static bool reads_again;

static void on_read(void *arg, struct config *config, struct buffer *message)
{
    ck_assert_ptr_eq(arg, &maps);
    read_times++;
    maps = config != NULL ? config->map_count : 0;
    reads_again = reloader_reads_again(reloader);
    if (config != NULL)
        buffer_printf(message, "%zu maps", maps);
    config_unref(config);
}

static void write_config(const char *text)
{
    FILE *file = fopen(path, "w");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void setup(void)
{
    strcpy(path, "/tmp/test_reloader.XXXXXX");
    close(mkstemp(path));
    read_times = 0;
    base = event_base_new();
    reloader = reloader_new(base, path, on_read, &maps);
}

static void teardown(void)
{
    reloader_free(reloader);
    event_base_free(base);
    unlink(path);
}

struct asker {
    struct control_reload reload; /* first: the asker itself */
    char told[200];
};

static void on_told(struct control_reload *reload, bool is_good, const char *message)
{
    struct asker *asker = (struct asker *)(void *)reload;

    ck_assert_str_eq(asker->told, "");
    snprintf(asker->told, sizeof(asker->told), "%s: %s", is_good ? "good" : "bad", message);
}

static void run_until_read(unsigned times)
{
    while (read_times < times)
        ck_assert_int_eq(event_base_loop(base, EVLOOP_ONCE), 0);
}

START_TEST(tells_who_asks)
{
    struct asker asker = {{on_told, NULL, {NULL, NULL}}, ""};

    write_config(GOOD);
    reloader_start(reloader, &asker.reload);
    ck_assert_str_eq(asker.told, "");
    run_until_read(1);
    ck_assert_str_eq(asker.told, "good: 1 maps");
    ck_assert(!reads_again);
    write_config("[map]\n");
    asker.told[0] = '\0';
    reloader_start(reloader, &asker.reload);
    run_until_read(2);
    ck_assert_ptr_nonnull(strstr(asker.told, "bad: /tmp/test_reloader"));
    ck_assert_ptr_nonnull(strstr(asker.told, ":1: expected [map NAME]"));
}
END_TEST

/* Whoever asks while it is being read may have written something new since it was begun. */
START_TEST(reads_again_what_changed_meanwhile)
{
    struct asker first = {{on_told, NULL, {NULL, NULL}}, ""}, second = first, third = first;

    write_config(GOOD);
    reloader_start(reloader, &first.reload);
    reloader_start(reloader, &second.reload);
    reloader_start(reloader, NULL);
    reloader_start(reloader, &third.reload);
    reloader_forget(&third.reload);
    run_until_read(1);
    ck_assert_str_eq(first.told, "good: 1 maps");
    ck_assert_str_eq(second.told, "");
    ck_assert(reads_again);
    run_until_read(2);
    ck_assert_str_eq(second.told, "good: 1 maps");
    ck_assert_str_eq(third.told, "");
    ck_assert(!reads_again);
    event_base_loop(base, EVLOOP_NONBLOCK);
    ck_assert_uint_eq(read_times, 2);
}
END_TEST

/* At the end of the process nobody waits for a disk. */
START_TEST(may_go_while_it_is_read)
{
    write_config(GOOD);
    for (unsigned i = 0; i < 50; i++) {
        reloader_start(reloader, NULL);
        if (i % 2 == 0)
            usleep(i * 20);
        reloader_free(reloader);
        reloader = reloader_new(base, path, on_read, &maps);
    }
    ck_assert_uint_eq(read_times, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("reloader");
    TCase *t = tcase_create("reloader");

    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, tells_who_asks);
    tcase_add_test(t, reads_again_what_changed_meanwhile);
    tcase_add_test(t, may_go_while_it_is_read);
    suite_add_tcase(s, t);
    return s;
}

UNIT_MAIN(suite)
