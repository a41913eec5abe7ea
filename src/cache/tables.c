/* tables - see the header. */
#include "tables.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "xmalloc.h"

#define FIRST_LIMIT 16u

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

cache_table tables_add(struct tables *tables, const struct cache_policy *policy)
{
    uint32_t number = 1;

    while (number < tables->limit && tables->table[number].in_use)
        number++;
    if (number > TABLES_MAX)
        return 0;
    if (number >= tables->limit)
        grow(tables);
    tables->table[number].in_use = true;
    tables->table[number].policy = *policy;
    return (cache_table)number;
}

struct cached_table *tables_at(const struct tables *tables, cache_table table)
{
    assert(table != 0 && table < tables->limit && tables->table[table].in_use);
    return &tables->table[table];
}

void tables_drop(struct tables *tables, cache_table table)
{
    tables_forget(tables, table);
    tables->table[table].in_use = false;
}

static void add(struct tables_sum *sum, const struct entry *entry)
{
    sum->entries++;
    sum->bytes += entry_size(entry);
}

static void subtract(struct tables_sum *sum, struct tables_sum part)
{
    sum->entries -= part.entries;
    sum->bytes -= part.bytes;
}

/* The entries of a class are alive no longer. */
static size_t bury(struct tables *tables, struct cached_table *table, bool negative)
{
    struct tables_sum sum = table->live[negative];

    subtract(&table->live[negative], sum);
    subtract(&tables->live[negative], sum);
    return sum.entries;
}

size_t tables_forget(struct tables *tables, cache_table number)
{
    struct cached_table *table = tables_at(tables, number);

    table->forgotten_ms = table->latest_ms;
    return bury(tables, table, false) + bury(tables, table, true);
}

void tables_expire(struct tables *tables, cache_table number)
{
    struct cached_table *table = tables_at(tables, number);

    table->expired_ms = table->latest_ms;
    bury(tables, table, true);
}

void tables_reset(struct tables *tables)
{
    for (uint32_t i = 1; i < tables->limit; i++) {
        struct cached_table *table = &tables->table[i];

        bury(tables, table, false);
        bury(tables, table, true);
        table->latest_ms = table->forgotten_ms = table->expired_ms = 0;
    }
}

uint64_t tables_time(const struct tables *tables, cache_table number, uint64_t stored_ms)
{
    const struct cached_table *table = tables_at(tables, number);
    uint64_t past_ms =
        table->forgotten_ms > table->expired_ms ? table->forgotten_ms : table->expired_ms;

    return stored_ms > past_ms ? stored_ms : past_ms + 1;
}

void tables_join(struct tables *tables, const struct entry *entry)
{
    struct cached_table *table = tables_at(tables, entry->table);

    if (entry->stored_ms > table->latest_ms)
        table->latest_ms = entry->stored_ms;
    if (tables_dead(tables, entry))
        return;
    add(&table->live[entry->negative], entry);
    add(&tables->live[entry->negative], entry);
}

void tables_leave(struct tables *tables, const struct entry *entry)
{
    struct tables_sum one = {1, entry_size(entry)};

    if (tables_dead(tables, entry))
        return;
    subtract(&tables->table[entry->table].live[entry->negative], one);
    subtract(&tables->live[entry->negative], one);
}
