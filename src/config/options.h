/*
 * options - the one table of parameters, and the values they take. The manual and conf/vmapd.conf
 * are checked against it; settings.h reads by it. How to add one: docs/hacking.md.
 */
#ifndef VMAPD_CONFIG_OPTIONS_H
#define VMAPD_CONFIG_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"

/* Where a parameter may stand; a bit mask. */
enum option_section {
    OPTION_SERVER = 1,
    OPTION_DATABASE = 2,
    OPTION_CACHE = 4,
    OPTION_MAP = 8,
    OPTION_TABLE = 16,
    OPTION_CF = 32 /* a mysql_table(5) file */
};

enum option_type {
    OPTION_STRING,    /* char *, owned; without a default, an empty value is stored as NULL */
    OPTION_FILE,      /* the same, of a file or directory that has to be there */
    OPTION_TEXT,      /* the same, but quotes and '#' may be meant: a password, a format */
    OPTION_SQL,       /* the same, where '#' outside of quotes begins a comment */
    OPTION_LIST,      /* separated by blanks or commas; its module stores it */
    OPTION_NUMBER,    /* uint32_t */
    OPTION_SIZE,      /* size_t */
    OPTION_TIME,      /* uint64_t */
    OPTION_BOOL,      /* bool */
    OPTION_TRI_STATE, /* enum tri_state */
    OPTION_MODE,      /* uint32_t */
    OPTION_WORD       /* an enum whose values count the words from 0 */
};

/* The structures that values are stored in. */
enum option_target {
    OPTION_IN_NONE,
    OPTION_IN_SERVER, /* struct server_options */
    OPTION_IN_CACHE,  /* struct cache_options */
    OPTION_IN_MAP,    /* struct map_def */
    OPTION_IN_TABLE,  /* struct table_def */
    OPTION_IN_DB      /* struct db_params */
};

/* What a reload with another value means. */
enum option_change {
    CHANGE_RESTART,     /* nothing: only a restart takes it over */
    CHANGE_RELOAD,      /* that it holds from then on */
    CHANGE_CONNECTIONS, /* for a table, also that it cannot use the same connections */
    CHANGE_ANSWERS,     /* ... that what was answered before counts for nothing */
    CHANGE_BOTH,        /* ... both: another database, or another view of it */
    CHANGE_ROWS         /* ... that its mirror is another one */
};

struct option_place {
    enum option_target target;
    size_t offset;
};

struct option {
    const char *name; /* with sections unique: "user" is one thing in [server], another elsewhere */
    unsigned sections;
    enum option_type type;
    const char *fallback; /* the default, as it would be written; NULL = none */
    uint64_t least, most; /* of numbers, sizes (bytes) and times (ms); of a string: fewest bytes */
    const char *const *words; /* OPTION_WORD: the values, NULL-terminated */
    enum option_change change;
    bool is_postfix; /* a parameter of mysql_table(5): a .cf file takes none from [database] */
    struct option_place stored[2]; /* none: the module that knows the syntax stores it */
};

/* Whether its values are texts, char *. */
bool option_is_text(const struct option *option);

/* The table, and its length. */
const struct option *option_table(size_t *count);

/* NULL if there is none of that name, or none in any of these sections. */
const struct option *option_find(const char *name);
const struct option *option_find_in(const char *name, unsigned sections);

/* The known name of these sections that is most like this one, or NULL if none is close. */
const char *option_like(const char *name, unsigned sections);

/* Check text as a value of this option and store it there. False: "expected ..." was appended to error. */
bool option_read(const struct option *option, void *at, const char *text, struct buffer *error);

/* Where the option is in the structure of that target, of which base is the start; NULL: not there. */
void *option_place(const struct option *option, enum option_target target, const void *base);

/*
 * Check text as a value of this option and store it in the structure of that target, of which base
 * is the start. Does nothing if the option is not stored there. text NULL: there is no value.
 */
bool option_store(const struct option *option, enum option_target target, void *base,
                  const char *text, struct buffer *error);

/*
 * For all options that are stored in the structure of that target, of which base is the start: free their
 * texts; give a structure that was copied as it is texts of its own.
 */
void options_free(enum option_target target, void *base);
void options_own(enum option_target target, void *base);

/*
 * Append the values of those that decide about CHANGE_CONNECTIONS or CHANGE_ANSWERS, so that no two sets
 * of values look alike. The same set looks the same in every release, for a state file has its hash:
 * a parameter of our own, as may still come, appears only where it has another value than its default.
 */
void options_append(enum option_target target, enum option_change decides, const void *base,
                    struct buffer *out);

/* Whether all that decide about this have equal values: CHANGE_CONNECTIONS, CHANGE_ANSWERS or CHANGE_ROWS. */
bool options_equal(enum option_target target, enum option_change decides, const void *a,
                   const void *b);

/* Cut the next member off a list (separated by blanks or commas); false at its end. */
bool option_next_member(const char **list, struct slice *member);

#endif
