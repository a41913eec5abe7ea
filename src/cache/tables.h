/*
 * tables - what the cache knows of a table beside its entries: how long they live, and up to when what
 * it said is forgotten or old. To forget a table's entries, or to take them all for old, is to remember
 * the time of the latest, so it takes the same short time for one entry and for ten million. What is
 * forgotten is dead: it counts as gone and is cleared away when somebody comes by.
 *
 * The passes over a mirror (cache_mirror.h) go by the same rule: rows that a pass has seen have its time,
 * later than all before it. The commit forgets everything older. Rows that are new are marked as coming;
 * they are there from the commit on, and dead when the pass is given up.
 *
 * Times here are those of entries (entry.h). A table's number that is given out again keeps them, so
 * that whoever has it next never sees the entries of the last.
 */
#ifndef VMAPD_CACHE_TABLES_H
#define VMAPD_CACHE_TABLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cache.h"
#include "entry.h"

struct tables_sum {
    uint64_t entries;
    uint64_t bytes;
};

/* A mirror's own. */
struct mirrored {
    bool whole;
    bool unfit;               /* rows from the state file did not find room: no more of them */
    uint64_t asked_ms;        /* of the pass under way */
    uint64_t pass_ms;         /* rows that it has seen have this time; 0 = none is under way */
    uint64_t settled_ms;      /* of the last complete pass: coming rows up to then have come */
    uint64_t confirmed_ms;    /* while whole */
    uint64_t changed_ms;      /* when rows last came or went; 0 = never */
    struct tables_sum seen;   /* rows that the pass has seen, of which */
    struct tables_sum coming; /* are new */
};

struct cached_table {
    bool in_use;
    bool is_mirror;
    struct cache_policy policy;
    uint64_t latest_ms;        /* nothing was stored later */
    uint64_t forgotten_ms;     /* entries up to then are dead */
    uint64_t expired_ms;       /* up to then all is past its time */
    struct tables_sum live[2]; /* entries alive, coming ones too; [1] = negatives */
    struct mirrored mirrored;
};

struct tables {
    struct cached_table *table; /* [0] is not used */
    uint32_t limit;             /* elements allocated */
    uint32_t taken;             /* those before it are all in use */
    struct tables_sum live[2];  /* over all */
    struct tables_sum rows;     /* over all mirrors */
};

#define TABLES_MAX 32000

/* A new, zeroed object is empty. */
void tables_free(struct tables *tables);
size_t tables_bytes(const struct tables *tables);

/* The lowest free number; 0 = none left. */
cache_table tables_add(struct tables *tables, const struct cache_policy *policy, bool is_mirror);
void tables_drop(struct tables *tables, cache_table table);
struct cached_table *tables_at(const struct tables *tables, cache_table table);
/* The one with most bytes; there is one. */
cache_table tables_largest_mirror(const struct tables *tables);

/* Returns how many entries died. A mirror is not whole any more, and its pass is given up. */
size_t tables_forget(struct tables *tables, cache_table table);
void tables_expire(struct tables *tables, cache_table table);
/* All entries are gone from memory. */
void tables_reset(struct tables *tables);

/* The time to store something with: later than all that is forgotten or old, if by a millisecond. */
uint64_t tables_time(const struct tables *tables, cache_table table, uint64_t stored_ms);

/* An entry comes, or goes (dead ones, too). */
void tables_join(struct tables *tables, const struct entry *entry);
void tables_leave(struct tables *tables, const struct entry *entry);

/* The passes over a mirror. */
void tables_begin_pass(struct tables *tables, cache_table table, uint64_t asked_ms);
void tables_end_pass(struct tables *tables, cache_table table); /* given up; fine without one */
void tables_break(struct tables *tables, cache_table table); /* a row is missing, if a mirror's */
void tables_see(struct tables *tables, struct entry *entry); /* is there, seen for the first time */
/* Returns how many rows died. A pass is under way. */
size_t tables_commit(struct tables *tables, cache_table table, uint64_t now_ms);

static inline bool tables_expired(const struct tables *tables, const struct entry *entry)
{
    return entry->stored_ms <= tables->table[entry->table].expired_ms;
}

static inline bool tables_dead(const struct tables *tables, const struct entry *entry)
{
    const struct cached_table *its = &tables->table[entry->table];

    return entry->stored_ms <= its->forgotten_ms;
}

/* Of a row: it is there, by the last complete pass. */
static inline bool tables_visible(const struct tables *tables, const struct entry *entry)
{
    const struct cached_table *its = &tables->table[entry->table];

    return entry->stored_ms > its->forgotten_ms &&
           (!entry->coming || entry->stored_ms <= its->mirrored.settled_ms);
}

/* When what an entry says was last known to be so. */
static inline uint64_t tables_said_ms(const struct tables *tables, const struct entry *entry)
{
    const struct mirrored *mirrored = &tables->table[entry->table].mirrored;

    return mirrored->whole ? mirrored->confirmed_ms : entry->stored_ms;
}

/* Dead, or left by a pass that was given up. */
static inline bool tables_gone(const struct tables *tables, const struct entry *entry)
{
    const struct cached_table *its = &tables->table[entry->table];

    return tables_dead(tables, entry) ||
           (entry->coming && entry->stored_ms > its->mirrored.settled_ms &&
            entry->stored_ms != its->mirrored.pass_ms);
}

#endif
