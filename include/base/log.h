/*
 * log - one line per event, to stderr or syslog. Under systemd (JOURNAL_STREAM) each line of stderr
 * carries its priority as sd-daemon(3) describes it. Safe to call from the connect helper threads.
 * Secrets (passwords, values of password files) are never passed to it.
 */
#ifndef VMAPD_BASE_LOG_H
#define VMAPD_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

enum log_target { LOG_TARGET_STDERR, LOG_TARGET_SYSLOG };

/* Where to, and up to which level. Before the first call: stderr, info. */
void log_open(const char *name, enum log_target target, enum log_level most);

/*
 * Give what would be logged to a function instead, for a tool that makes something else of it; NULL
 * ends that. Not while other threads log.
 */
typedef void log_take(void *arg, enum log_level level, const char *text);
void log_divert(log_take *take, void *arg);

/* printf; a newline is added, control characters from outside are shown as '?'. */
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Logs an error and exits with status 1. Only at start, and when memory has run out. */
void log_fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/*
 * How many lines nobody took so far: a log daemon that hangs keeps nobody waiting. The next line that is
 * taken tells of it.
 */
unsigned long log_lost(void);

/* True when debug lines are wanted, to spare the work of making one. */
bool log_debugging(void);

/*
 * A tap for a kind of event that can repeat without end (a client that sends rubbish, a host that is
 * down): the first line goes out, then at most one a period, which tells how many were swallowed.
 * Keep one static or per-object variable for each kind, zero-initialised.
 */
struct log_limit {
    uint64_t next_ms;
    unsigned long swallowed;
    uint64_t period_ms; /* of log_rarely(); 0: the first one */
};

#define LOG_LIMIT_PERIOD_MS 10000

/* A limit whose period is twice as long after each line, up to this. */
#define LOG_LIMIT_SLOWEST_MS 3600000

/* As above, with the tap; now_ms is the caller's monotonic time. */
void log_limited(struct log_limit *limit, uint64_t now_ms, enum log_level level, const char *format,
                 ...) __attribute__((format(printf, 4, 5)));

/* The same for what is known and goes on: less and less often. Zero the limit when it is over. */
void log_rarely(struct log_limit *limit, uint64_t now_ms, enum log_level level, const char *format,
                ...) __attribute__((format(printf, 4, 5)));

#endif
