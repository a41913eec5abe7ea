/*
 * mirror_case - what tests of a lookup with mirrors share: tables whose mirrors say what the test has them
 * say. Include it once in a test program, which links no mirror.
 */
#ifndef VMAPD_MIRROR_CASE_H
#define VMAPD_MIRROR_CASE_H

#include "lookup_case.h"

#include "mirror.h"

/* --- mirrors that the test plays -------------------------------------------------------------- */

struct mirror {
    const struct table_def *def;
    struct mirror_answer says;
    const char *several;
};

static struct mirror mirrors[10];
static size_t mirror_count;

struct mirror_set *mirror_set_new(struct event_base *loop, struct cache *rows)
{
    (void)loop;
    (void)rows;
    mirror_count = 0;
    return NULL;
}

void mirror_set_free(struct mirror_set *set)
{
    (void)set;
}

struct mirror *mirror_new(struct mirror_set *set, struct config *config,
                          const struct table_def *def)
{
    struct mirror *mirror = &mirrors[mirror_count++];

    (void)set;
    (void)config;
    *mirror = (struct mirror){.def = def, .says = {.said = MIRROR_SILENT}};
    return mirror;
}

void mirror_free(struct mirror *mirror)
{
    (void)mirror;
}

bool mirror_adopt(struct mirror *mirror, struct config *config, const struct table_def *def)
{
    (void)config;
    mirror->def = def;
    return true;
}

struct mirror_answer mirror_find(struct mirror *mirror, struct slice key, uint64_t at_ms)
{
    (void)key;
    (void)at_ms;
    return mirror->says;
}

bool mirror_several(struct mirror *mirror, struct slice key, struct buffer *value)
{
    (void)key;
    buffer_add_text(value, mirror->several != NULL ? mirror->several : "");
    return mirror->several != NULL;
}

size_t mirror_flush(struct mirror *mirror)
{
    (void)mirror;
    return 0;
}

size_t mirror_flush_key(struct mirror *mirror, struct slice key)
{
    (void)mirror;
    (void)key;
    return 0;
}

static struct mirror *mirror_of(const char *table)
{
    size_t i = 0;

    while (strcmp(mirrors[i].def->name, table) != 0)
        ck_assert_uint_lt(++i, mirror_count);
    return &mirrors[i];
}

/* Live is what is no older than 3 s; nothing has changed for an hour. */
static void says(const char *table, enum mirror_said said, const char *value, uint64_t age_ms)
{
    mirror_of(table)->says = (struct mirror_answer){.said = said,
                                                    .is_live = age_ms <= 3000,
                                                    .value = slice_of(value),
                                                    .age_ms = age_ms,
                                                    .unchanged_ms = 3600000};
}

static void start_mirrored(void)
{
    start();
    configure("[server]\nlisten = unix:/tmp/unused\nlookup_timeout = 100ms\n"
              "[database]\ndbname = mail\n[cache]\nmirror = yes\nttl = 5m\nnegative_ttl = 30s\n"
              "stale_ttl = 1d\nstale_answer_timeout = 10ms\n"
              "[map exact]\nquery = E '%s'\n"
              "[map long]\nmirror_expire = 1h\nquery = L '%s'\n"
              "[map mailboxes]\nsearch = address\nquery = M '%s'\n"
              "[map aliases]\nsearch = alias\ntables = alias identity\n"
              "[table alias]\nquery = A '%s'\n[table identity]\nquery = I '%s'\n"
              "[map local]\nsearch = address\nlocal_domains = table:dest\nquery = B '%s'\n"
              "[table dest]\nquery = D '%s'\n");
}

#endif
