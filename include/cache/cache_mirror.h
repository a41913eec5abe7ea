/*
 * cache_mirror - all rows of a table at once, so that it is known what is not there. A mirror is a
 * table of the cache whose entries are rows, (table, key) -> value, with any number of rows for a key.
 * What keys and values are is the owner's business: here they are bytes, and equal when identical.
 * Rows are never evicted; they count in the cache's budget, and all mirrors together may take half of it.
 *
 * Rows come in passes. A pass says all rows there are, in any order; a row that was there already is
 * only marked as seen. What is new becomes visible, and what was not seen goes, in the moment of the
 * commit: until then, and when a pass is given up, the mirror says what it said before. A mirror is
 * whole from its first complete pass on; only then does it know what is missing. It is not whole any
 * more after any flush of it (cache_flush(), cache_flush_table(), cache_flush_key()), which also ends
 * the pass under way.
 *
 * A mirror is confirmed when it was certain that nothing else is in the table: when a question was sent
 * whose answer gave the rows or showed that nothing had changed. What it says is as old as that.
 *
 * Policy, drop, flush, walk and restore are those of other tables (cache.h); cache_get() and
 * cache_store() are not for mirrors. Rows that cache_restore() puts back are found, each as old as it
 * is, but do not make the mirror whole; once it is, or while a pass is under way, they are ignored.
 * Nothing here does work for more than one row, or some pages as cache.h says of stores.
 */
#ifndef VMAPD_CACHE_CACHE_MIRROR_H
#define VMAPD_CACHE_CACHE_MIRROR_H

#include "cache.h"

/* Rows of one key, at most. */
#define CACHE_MIRROR_ROWS_MAX 1000

/* A new mirror without rows, not whole; 0 if no number is free. */
cache_table cache_mirror_add(struct cache *cache, const struct cache_policy *policy);

enum cache_mirror_result {
    CACHE_MIRROR_OK,
    CACHE_MIRROR_ENDED, /* no pass is under way: it never began, or a flush ended it */
    CACHE_MIRROR_FULL,  /* no room: all mirrors would take more than half of the budget */
    CACHE_MIRROR_CROWDED /* more than CACHE_MIRROR_ROWS_MAX rows for this key, or the key or the value is
                            longer than an entry may be (cache_store()) */
};

/* asked_ms: when the first question of this pass was sent, on the cache's clock. A pass that is under
 * way is given up. */
void cache_mirror_begin(struct cache *cache, cache_table table, uint64_t asked_ms);

/* Anything but OK has ended the pass; the mirror is as it was before it. Neither may point into the
 * cache. */
enum cache_mirror_result cache_mirror_row(struct cache *cache, cache_table table, struct slice key,
                                          struct slice value);

struct cache_mirror_change {
    uint64_t rows;  /* there are now */
    uint64_t added; /* of them were not there before; a changed row is one added and one removed */
    uint64_t removed; /* are gone */
};

/*
 * All rows have been said. now_ms: the time of this moment. Confirms the mirror as of asked_ms. False:
 * no pass was under way (ENDED); change is all 0 then. change may be NULL. The memory of what is gone
 * goes back in steps: call cache_tidy() as after a flush.
 */
bool cache_mirror_commit(struct cache *cache, cache_table table, uint64_t now_ms,
                         struct cache_mirror_change *change);
/* Give the pass up; fine without one. */
void cache_mirror_abort(struct cache *cache, cache_table table);

/* Nothing has changed, says an answer whose question was sent at asked_ms; an older one changes nothing.
 * False, and nothing is confirmed: the mirror is not whole, so a pass is needed. */
bool cache_mirror_confirm(struct cache *cache, cache_table table, uint64_t asked_ms);

enum cache_mirror_said {
    CACHE_MIRROR_UNKNOWN, /* not there, but the mirror is not whole */
    CACHE_MIRROR_MISSING, /* certainly not there, age_ms ago */
    CACHE_MIRROR_FOUND,   /* one row; its value */
    CACHE_MIRROR_SEVERAL  /* rows; their order is not known: cache_mirror_rows() */
};

struct cache_mirror_answer {
    enum cache_mirror_said said;
    bool whole;
    struct slice value; /* borrowed until the next call that changes the cache */
    uint64_t
        age_ms; /* since the mirror was confirmed, or of a row that was restored; 0 of UNKNOWN */
    uint64_t
        unchanged_ms; /* since the last commit that added or removed a row; UINT64_MAX if there was
                              none. An answer of the database that is younger can't be refuted by these
                              rows; an older one may be */
};

/* The hot path: one probe, no allocation, leaves no trace. The answer does not depend on the policy. */
struct cache_mirror_answer cache_mirror_find(const struct cache *cache, cache_table table,
                                             struct slice key, uint64_t now_ms);

/* Visit the values of a key, in no order. visit must not change the cache. Returns how many. */
typedef void cache_mirror_visit(void *arg, struct slice value);
size_t cache_mirror_rows(const struct cache *cache, cache_table table, struct slice key,
                         cache_mirror_visit *visit, void *arg);

struct cache_mirror_counts {
    bool whole;
    uint64_t rows;
    uint64_t bytes;            /* of the rows and their share of the index */
    uint64_t confirmed_age_ms; /* UINT64_MAX: never */
};
struct cache_mirror_counts cache_mirror_counts(const struct cache *cache, cache_table table,
                                               uint64_t now_ms);

#endif
