/*
 * log - see the header. A line is made whole in one buffer and written with one call, which does not
 * wait: what nobody takes is lost, and counted.
 */
#include "log.h"

#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "controls.h"
#include "log_syslog.h"

#define LINE_MAX_BYTES 2000

/* How lines are said. Helper threads log, too. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char log_name[64] = "vmapd";
static enum log_target log_to = LOG_TARGET_STDERR;
static unsigned long lost;        /* lines that nobody took, */
static unsigned long lost_untold; /* and those of them that no line has told of */

static log_take *log_taker;
static void *log_taker_arg;
static _Atomic enum log_level log_most = LOG_LEVEL_INFO;

static const struct {
    int priority;
    const char *word;
} levels[] = {
    [LOG_LEVEL_ERROR] = {LOG_ERR, "error: "},
    [LOG_LEVEL_WARNING] = {LOG_WARNING, "warning: "},
    [LOG_LEVEL_INFO] = {LOG_INFO, ""},
    [LOG_LEVEL_DEBUG] = {LOG_DEBUG, "debug: "},
};

void log_open(const char *name, enum log_target target, enum log_level most)
{
    pthread_mutex_lock(&lock);
    snprintf(log_name, sizeof(log_name), "%s", name);
    log_most = most;
    log_to = target;
    if (target == LOG_TARGET_SYSLOG)
        log_syslog_open(LOG_SYSLOG_PATH);
    else
        log_syslog_close();
    pthread_mutex_unlock(&lock);
}

void log_divert(log_take *take, void *arg)
{
    log_taker = take;
    log_taker_arg = arg;
}

unsigned long log_lost(void)
{
    unsigned long count;

    pthread_mutex_lock(&lock);
    count = lost;
    pthread_mutex_unlock(&lock);
    return count;
}

bool log_debugging(void)
{
    return log_most >= LOG_LEVEL_DEBUG;
}

/*
 * Whether standard error takes a line now: whoever reads it may hang, and nobody is to wait for that. A
 * pipe or socket that is ready has room for a line.
 */
static bool stderr_is_ready(void)
{
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};

    return poll(&ready, 1, 0) != 0;
}

static bool write_stderr(enum log_level level, const char *text)
{
    char line[LINE_MAX_BYTES + 100];
    int len;

    if (!stderr_is_ready())
        return false;
    if (getenv("JOURNAL_STREAM") != NULL)
        len = snprintf(line, sizeof(line), "<%d>%s%s\n", levels[level].priority, levels[level].word,
                       text);
    else
        len = snprintf(line, sizeof(line), "%s: %s%s\n", log_name, levels[level].word, text);
    return len > 0 && write(STDERR_FILENO, line, (size_t)len) == len;
}

static bool write_syslog(enum log_level level, const char *text)
{
    char line[LINE_MAX_BYTES + 20];

    snprintf(line, sizeof(line), "%s%s", levels[level].word, text);
    return log_syslog_line(log_name, LOG_MAIL | levels[level].priority, line);
}

static bool write_line(enum log_level level, const char *text)
{
    return log_to == LOG_TARGET_SYSLOG ? write_syslog(level, text) : write_stderr(level, text);
}

/* Tell how many lines are missing, before the first one that is not. */
static bool tell_lost(void)
{
    char told[100];

    if (lost_untold == 0)
        return true;
    snprintf(told, sizeof(told), "%lu lines are lost: nobody took them", lost_untold);
    if (!write_line(LOG_LEVEL_WARNING, told))
        return false;
    lost_untold = 0;
    return true;
}

static void say(enum log_level level, const char *text)
{
    if (log_taker != NULL) {
        log_taker(log_taker_arg, level, text);
        return;
    }
    pthread_mutex_lock(&lock);
    if (!tell_lost() || !write_line(level, text)) {
        lost++;
        lost_untold++;
    }
    pthread_mutex_unlock(&lock);
}

__attribute__((format(printf, 2, 0))) static void vsay(enum log_level level, const char *format,
                                                       va_list args)
{
    char text[LINE_MAX_BYTES];

    if (level > log_most)
        return;
    vsnprintf(text, sizeof(text), format, args);
    controls_mask(text, strlen(text));
    say(level, text);
}

#define DEFINE_LOG(function, level)                                                                \
    void function(const char *format, ...)                                                         \
    {                                                                                              \
        va_list args;                                                                              \
                                                                                                   \
        va_start(args, format);                                                                    \
        vsay(level, format, args);                                                                 \
        va_end(args);                                                                              \
    }

DEFINE_LOG(log_error, LOG_LEVEL_ERROR)
DEFINE_LOG(log_warning, LOG_LEVEL_WARNING)
DEFINE_LOG(log_info, LOG_LEVEL_INFO)
DEFINE_LOG(log_debug, LOG_LEVEL_DEBUG)

void log_fatal(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsay(LOG_LEVEL_ERROR, format, args);
    va_end(args);
    exit(1);
}

__attribute__((format(printf, 5, 0))) static void vlog_limited(struct log_limit *limit,
                                                               uint64_t now_ms, uint64_t period_ms,
                                                               enum log_level level,
                                                               const char *format, va_list args)
{
    char text[LINE_MAX_BYTES];

    if (level > log_most)
        return;
    if (now_ms < limit->next_ms) {
        limit->swallowed++;
        return;
    }
    vsnprintf(text, sizeof(text), format, args);
    controls_mask(text, strlen(text));
    if (limit->swallowed != 0) {
        size_t len = strlen(text);

        snprintf(text + len, sizeof(text) - len, " (%lu more like this not logged)",
                 limit->swallowed);
    }
    say(level, text);
    limit->swallowed = 0;
    limit->next_ms = now_ms + period_ms;
    limit->period_ms = period_ms;
}

void log_limited(struct log_limit *limit, uint64_t now_ms, enum log_level level, const char *format,
                 ...)
{
    va_list args;

    va_start(args, format);
    vlog_limited(limit, now_ms, LOG_LIMIT_PERIOD_MS, level, format, args);
    va_end(args);
}

void log_rarely(struct log_limit *limit, uint64_t now_ms, enum log_level level, const char *format,
                ...)
{
    uint64_t period_ms = limit->period_ms != 0 ? limit->period_ms * 2 : LOG_LIMIT_PERIOD_MS;
    va_list args;

    if (period_ms > LOG_LIMIT_SLOWEST_MS)
        period_ms = LOG_LIMIT_SLOWEST_MS;
    va_start(args, format);
    vlog_limited(limit, now_ms, period_ms, level, format, args);
    va_end(args);
}
