/*
 * log - see the header. A line is made whole in one buffer and written with one call, so that lines
 * of several threads do not mix.
 */
#include "log.h"

#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2000

static char log_name[64] = "vmapd"; /* openlog(3) keeps the pointer */
static enum log_target log_to = LOG_TARGET_STDERR;
static enum log_level log_most = LOG_LEVEL_INFO;
static log_take *log_taker;
static void *log_taker_arg;

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
    snprintf(log_name, sizeof(log_name), "%s", name);
    log_most = most;
    log_to = target;
    if (target == LOG_TARGET_SYSLOG)
        openlog(log_name, LOG_PID | LOG_NDELAY, LOG_MAIL);
}

void log_divert(log_take *take, void *arg)
{
    log_taker = take;
    log_taker_arg = arg;
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

static void write_line(enum log_level level, const char *text)
{
    char line[LINE_MAX_BYTES + 100];
    int len;

    if (getenv("JOURNAL_STREAM") != NULL)
        len = snprintf(line, sizeof(line), "<%d>%s%s\n", levels[level].priority, levels[level].word,
                       text);
    else
        len = snprintf(line, sizeof(line), "%s: %s%s\n", log_name, levels[level].word, text);
    if (len > 0 && write(STDERR_FILENO, line, (size_t)len) < 0)
        return; /* nowhere left to complain */
}

static void write_stderr(enum log_level level, const char *text)
{
    static atomic_ulong lost;
    unsigned long count;
    char told[100];

    if (!stderr_is_ready()) {
        atomic_fetch_add(&lost, 1);
        return;
    }
    count = atomic_exchange(&lost, 0);
    if (count > 0) {
        snprintf(told, sizeof(told), "%lu lines are lost: nobody took them", count);
        write_line(LOG_LEVEL_WARNING, told);
    }
    write_line(level, text);
}

static void say(enum log_level level, const char *text)
{
    if (log_taker != NULL)
        log_taker(log_taker_arg, level, text);
    else if (log_to == LOG_TARGET_SYSLOG)
        syslog(levels[level].priority, "%s%s", levels[level].word, text);
    else
        write_stderr(level, text);
}

/* Text from outside must not be able to make lines or move the cursor of whoever reads the log. */
static void hide_controls(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            *text = '?';
}

__attribute__((format(printf, 2, 0))) static void vsay(enum log_level level, const char *format,
                                                       va_list args)
{
    char text[LINE_MAX_BYTES];

    if (level > log_most)
        return;
    vsnprintf(text, sizeof(text), format, args);
    hide_controls(text);
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

void log_limited(struct log_limit *limit, uint64_t now_ms, enum log_level level, const char *format,
                 ...)
{
    char text[LINE_MAX_BYTES];
    va_list args;

    if (level > log_most)
        return;
    if (now_ms < limit->next_ms) {
        limit->swallowed++;
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    hide_controls(text);
    if (limit->swallowed != 0) {
        size_t len = strlen(text);

        snprintf(text + len, sizeof(text) - len, " (%lu more like this not logged)",
                 limit->swallowed);
    }
    say(level, text);
    limit->swallowed = 0;
    limit->next_ms = now_ms + LOG_LIMIT_PERIOD_MS;
}
