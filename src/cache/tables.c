/* tables - see the header. */
#include "tables.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "xmalloc.h"

#define FIRST_LIMIT 4u

void tables_free(struct tables *tables)
{
    free(tables->table);
    *tables = (struct tables){0};
}

size_t tables_bytes(const struct tables *tables)
{
    return tables->limit * sizeof(struct cached_table);
}

static void grow(struct tables *tables)
{
    uint32_t more = tables->limit != 0 ? tables->limit * 2 : FIRST_LIMIT;

    tables->table = xrealloc(tables->table, more * sizeof(struct cached_table));
    memset(tables->table + tables->limit, 0, (more - tables->limit) * sizeof(struct cached_table));
    tables->limit = more;
}

cache_table tables_add(struct tables *tables, const struct cache_policy *policy, bool is_mirror)
{
    uint32_t number = tables->taken > 0 ? tables->taken : 1;

    while (number < tables->limit && tables->table[number].in_use)
        number++;
    tables->taken = number;
    if (number > TABLES_MAX)
        return 0;
    if (number >= tables->limit)
        grow(tables);
    tables->table[number].in_use = true;
    tables->table[number].is_mirror = is_mirror;
    tables->table[number].policy = *policy;
    return (cache_table)number;
}

struct cached_table *tables_at(const struct tables *tables, cache_table table)
{
    assert(table != 0 && table < tables->limit && tables->table[table].in_use);
    return &tables->table[table];
}

cache_table tables_largest_mirror(const struct tables *tables)
{
    uint32_t largest = 0;

    for (uint32_t i = 1; i < tables->limit; i++) {
        const struct cached_table *table = &tables->table[i];

        if (table->in_use && table->is_mirror &&
            (largest == 0 || table->live[false].bytes > tables->table[largest].live[false].bytes))
            largest = i;
    }
    return (cache_table)largest;
}

void tables_drop(struct tables *tables, cache_table table)
{
    tables_forget(tables, table);
    tables->table[table].in_use = false;
    if (table < tables->taken)
        tables->taken = table;
}

/* Sums. */

static void add(struct tables_sum *sum, struct tables_sum more)
{
    sum->entries += more.entries;
    sum->bytes += more.bytes;
}

static void subtract(struct tables_sum *sum, struct tables_sum part)
{
    sum->entries -= part.entries;
    sum->bytes -= part.bytes;
}

static struct tables_sum sum_of(const struct entry *entry)
{
    return (struct tables_sum){1, entry_size(entry)};
}

/* So many entries of a class are alive no longer. */
static void bury(struct tables *tables, struct cached_table *table, bool negative,
                 struct tables_sum dead)
{
    subtract(&table->live[negative], dead);
    subtract(&tables->live[negative], dead);
    if (table->is_mirror)
        subtract(&tables->rows, dead);
}

static size_t bury_all(struct tables *tables, struct cached_table *table)
{
    size_t dead = table->live[false].entries + table->live[true].entries;

    bury(tables, table, false, table->live[false]);
    bury(tables, table, true, table->live[true]);
    return dead;
}

static void give_up_pass(struct tables *tables, struct cached_table *table)
{
    struct mirrored *mirrored = &table->mirrored;

    bury(tables, table, false, mirrored->coming);
    mirrored->coming = mirrored->seen = (struct tables_sum){0, 0};
    mirrored->pass_ms = 0;
}

/* Forgetting. */

size_t tables_forget(struct tables *tables, cache_table number)
{
    struct cached_table *table = tables_at(tables, number);

    if (table->is_mirror) {
        give_up_pass(tables, table);
        table->mirrored = (struct mirrored){0};
    }
    table->forgotten_ms = table->latest_ms;
    return bury_all(tables, table);
}

void tables_expire(struct tables *tables, cache_table number)
{
    struct cached_table *table = tables_at(tables, number);

    table->expired_ms = table->latest_ms;
}

void tables_reset(struct tables *tables)
{
    for (uint32_t i = 1; i < tables->limit; i++) {
        struct cached_table *table = &tables->table[i];

        bury_all(tables, table);
        table->latest_ms = table->forgotten_ms = table->expired_ms = 0;
        table->mirrored = (struct mirrored){0};
    }
}

uint64_t tables_time(const struct tables *tables, cache_table number, uint64_t stored_ms)
{
    const struct cached_table *table = tables_at(tables, number);
    uint64_t past_ms =
        table->forgotten_ms > table->expired_ms ? table->forgotten_ms : table->expired_ms;

    return stored_ms > past_ms ? stored_ms : past_ms + 1;
}

/* Entries. */

void tables_join(struct tables *tables, const struct entry *entry)
{
    struct cached_table *table = tables_at(tables, entry->table);
    struct tables_sum one = sum_of(entry);

    if (entry->stored_ms > table->latest_ms)
        table->latest_ms = entry->stored_ms;
    if (tables_gone(tables, entry))
        return;
    add(&table->live[entry->negative], one);
    add(&tables->live[entry->negative], one);
    if (table->is_mirror)
        add(&tables->rows, one);
    if (entry->coming) {
        add(&table->mirrored.coming, one);
        add(&table->mirrored.seen, one);
    }
}

void tables_leave(struct tables *tables, const struct entry *entry)
{
    struct cached_table *table = &tables->table[entry->table];
    struct mirrored *mirrored = &table->mirrored;

    if (tables_gone(tables, entry))
        return;
    bury(tables, table, entry->negative, sum_of(entry));
    if (mirrored->pass_ms != 0 && entry->stored_ms == mirrored->pass_ms) {
        subtract(&mirrored->seen, sum_of(entry));
        if (entry->coming)
            subtract(&mirrored->coming, sum_of(entry));
    }
}

/* Passes. */

void tables_begin_pass(struct tables *tables, cache_table number, uint64_t asked_ms)
{
    struct cached_table *table = tables_at(tables, number);
    uint64_t pass_ms = asked_ms > table->latest_ms ? asked_ms : table->latest_ms + 1;

    assert(table->is_mirror);
    give_up_pass(tables, table);
    table->mirrored.unfit = false;
    table->mirrored.asked_ms = asked_ms;
    if (pass_ms < ENTRY_TIME_END)
        table->mirrored.pass_ms = pass_ms;
}

void tables_end_pass(struct tables *tables, cache_table number)
{
    struct cached_table *table = tables_at(tables, number);

    if (table->is_mirror)
        give_up_pass(tables, table);
}

void tables_break(struct tables *tables, cache_table number)
{
    tables_end_pass(tables, number);
    tables_at(tables, number)->mirrored.whole = false;
}

void tables_see(struct tables *tables, struct entry *entry)
{
    struct cached_table *table = &tables->table[entry->table];

    entry->stored_ms = table->mirrored.pass_ms & (ENTRY_TIME_END - 1);
    entry->coming = false;
    table->latest_ms = table->mirrored.pass_ms;
    add(&table->mirrored.seen, sum_of(entry));
}

size_t tables_commit(struct tables *tables, cache_table number, uint64_t now_ms)
{
    struct cached_table *table = tables_at(tables, number);
    struct mirrored *mirrored = &table->mirrored;
    struct tables_sum dead = table->live[false];

    subtract(&dead, mirrored->seen);
    bury(tables, table, false, dead);
    if (!mirrored->whole || dead.entries != 0 || mirrored->coming.entries != 0)
        mirrored->changed_ms = now_ms;
    table->latest_ms =
        mirrored->pass_ms; /* also of a pass without rows, so that no other takes it */
    table->forgotten_ms = mirrored->pass_ms - 1;
    mirrored->settled_ms = mirrored->pass_ms;
    mirrored->confirmed_ms = mirrored->asked_ms;
    mirrored->whole = true;
    mirrored->coming = mirrored->seen = (struct tables_sum){0, 0};
    mirrored->pass_ms = 0;
    return dead.entries;
}
