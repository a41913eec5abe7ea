/*
 * edition - see the header. A number is given out again only when no entry in memory names it, so an
 * old entry can never come back to life under somebody else's number.
 */
#include "edition.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "xmalloc.h"

#define EDITIONS_MAX 65535u /* numbers are 16 bits, and 0 is none */
#define FIRST_LIMIT  16u

/* Old editions beyond one for each table before it is worth a pass over the entries. */
#define CROWD 1000

static uint32_t grown(void **array, uint32_t limit, size_t element)
{
    uint32_t more = limit != 0 ? limit * 2 : FIRST_LIMIT;

    *array = xrealloc(*array, more * element);
    memset((char *)*array + limit * element, 0, (more - limit) * element);
    return more;
}

static uint16_t take_edition(struct editions *editions, cache_table table)
{
    uint32_t number = editions->lowest_free != 0 ? editions->lowest_free : 1;

    while (number < editions->edition_limit && editions->edition[number].in_use)
        number++;
    editions->lowest_free = number;
    if (number > EDITIONS_MAX)
        return 0;
    if (number >= editions->edition_limit) {
        void *array = editions->edition;

        editions->edition_limit = grown(&array, editions->edition_limit, sizeof(struct edition));
        editions->edition = array;
    }
    editions->edition[number] = (struct edition){.table = table, .current = true, .in_use = true};
    editions->used++;
    return (uint16_t)number;
}

/* The edition's number is free when nothing can name it any more. */
static void release(struct editions *editions, uint16_t number)
{
    struct edition *edition = &editions->edition[number];

    if (edition->held != 0 || edition->current)
        return;
    if (edition->table != 0 && editions->table[edition->table].old == number)
        editions->table[edition->table].old = 0;
    *edition = (struct edition){0};
    editions->used--;
    if (number < editions->lowest_free)
        editions->lowest_free = number;
}

/* Entries of a class that are alive no longer. */
static size_t bury(struct editions *editions, struct edition *edition, bool negative)
{
    struct edition_sum sum = edition->live[negative];

    edition->live[negative] = (struct edition_sum){0, 0};
    editions->live[negative].entries -= sum.entries;
    editions->live[negative].bytes -= sum.bytes;
    return sum.entries;
}

static size_t cut(struct editions *editions, cache_table table)
{
    size_t dead = 0;

    for (uint32_t i = 1; i < editions->edition_limit; i++) {
        struct edition *edition = &editions->edition[i];

        if (!edition->in_use || edition->table != table)
            continue;
        dead += bury(editions, edition, false) + bury(editions, edition, true);
        edition->table = 0;
        edition->current = false;
        release(editions, (uint16_t)i);
    }
    editions->table[table].old = 0;
    return dead;
}

static struct edition_table *table_at(struct editions *editions, cache_table table)
{
    assert(table != 0 && table < editions->table_limit && editions->table[table].in_use);
    return &editions->table[table];
}

void editions_free(struct editions *editions)
{
    free(editions->edition);
    free(editions->table);
    *editions = (struct editions){0};
}

size_t editions_bytes(const struct editions *editions)
{
    return editions->edition_limit * sizeof(struct edition) +
           editions->table_limit * sizeof(struct edition_table);
}

cache_table editions_add_table(struct editions *editions, const struct cache_policy *policy)
{
    uint32_t number = 1;
    uint16_t edition;

    while (number < editions->table_limit && editions->table[number].in_use)
        number++;
    if (number > EDITION_TABLES_MAX || (edition = take_edition(editions, (cache_table)number)) == 0)
        return 0;
    if (number >= editions->table_limit) {
        void *array = editions->table;

        editions->table_limit = grown(&array, editions->table_limit, sizeof(struct edition_table));
        editions->table = array;
    }
    editions->table[number] =
        (struct edition_table){.in_use = true, .current = edition, .policy = *policy};
    editions->tables_used++;
    return (cache_table)number;
}

void editions_set_policy(struct editions *editions, cache_table table,
                         const struct cache_policy *policy)
{
    table_at(editions, table)->policy = *policy;
}

void editions_drop_table(struct editions *editions, cache_table table)
{
    struct edition_table *dropped = table_at(editions, table);

    cut(editions, table);
    *dropped = (struct edition_table){0};
    editions->tables_used--;
}

bool editions_renew(struct editions *editions, cache_table table)
{
    struct edition_table *renewed = table_at(editions, table);
    uint16_t number = renewed->current, next;

    if (editions->edition[number].held == 0)
        return true;
    next = take_edition(editions, table);
    if (next == 0)
        return false;
    editions->edition[number].current = false;
    bury(editions, &editions->edition[number], true);
    renewed->current = next;
    return true;
}

size_t editions_cut(struct editions *editions, cache_table table)
{
    struct edition_table *owner = table_at(editions, table);
    size_t dead = cut(editions, table);

    owner->current = take_edition(editions, table);
    return dead;
}

void editions_reset(struct editions *editions)
{
    for (uint32_t i = 1; i < editions->edition_limit; i++) {
        struct edition *edition = &editions->edition[i];

        if (!edition->in_use)
            continue;
        bury(editions, edition, false);
        bury(editions, edition, true);
        edition->held = 0;
        release(editions, (uint16_t)i);
    }
}

bool editions_crowded(const struct editions *editions)
{
    return editions->used > 2 * editions->tables_used + CROWD;
}

void editions_merge(struct editions *editions, struct entry *entry)
{
    uint16_t from = entry->edition;
    struct edition *edition = &editions->edition[from], *into;
    struct edition_table *table;
    size_t size = entry_size(entry);

    if (edition->current || editions_dead(editions, entry))
        return;
    table = table_at(editions, edition->table);
    if (table->old == 0)
        table->old = from;
    if (table->old == from)
        return;
    into = &editions->edition[table->old];
    entry->edition = table->old;
    into->held++;
    into->live[false].entries++;
    into->live[false].bytes += size;
    edition->held--;
    edition->live[false].entries--;
    edition->live[false].bytes -= size;
    release(editions, from);
}

void editions_join(struct editions *editions, cache_table table, struct entry *entry)
{
    uint16_t number = table_at(editions, table)->current;
    struct edition *edition = &editions->edition[number];
    size_t size = entry_size(entry);

    entry->edition = number;
    edition->held++;
    edition->live[entry->negative].entries++;
    edition->live[entry->negative].bytes += size;
    editions->live[entry->negative].entries++;
    editions->live[entry->negative].bytes += size;
}

void editions_leave(struct editions *editions, const struct entry *entry)
{
    struct edition *edition = &editions->edition[entry->edition];
    size_t size = entry_size(entry);

    if (!editions_dead(editions, entry)) {
        edition->live[entry->negative].entries--;
        edition->live[entry->negative].bytes -= size;
        editions->live[entry->negative].entries--;
        editions->live[entry->negative].bytes -= size;
    }
    edition->held--;
    release(editions, entry->edition);
}
