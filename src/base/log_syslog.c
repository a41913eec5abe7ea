/* log_syslog - see the header. The format is that of RFC 3164, which all log daemons read. */
#include "log_syslog.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 2200

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int daemon_fd = -1;

/* Connected, so that it goes on after the process has become another user. */
static bool connect_daemon(void)
{
    if (daemon_fd < 0)
        daemon_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (daemon_fd >= 0 &&
        connect(daemon_fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return true;
    log_syslog_close();
    return false;
}

void log_syslog_open(const char *path)
{
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    if (daemon_fd < 0)
        connect_daemon();
}

void log_syslog_close(void)
{
    if (daemon_fd >= 0)
        close(daemon_fd);
    daemon_fd = -1;
}

/* A log daemon that was started again has another socket. */
static bool is_gone(int failure)
{
    return failure == ECONNREFUSED || failure == ENOTCONN || failure == ECONNRESET;
}

static bool send_line(const char *line, size_t len)
{
    if (daemon_fd < 0 && !connect_daemon())
        return false;
    if (send(daemon_fd, line, len, MSG_NOSIGNAL) >= 0)
        return true;
    return is_gone(errno) && connect_daemon() && send(daemon_fd, line, len, MSG_NOSIGNAL) >= 0;
}

bool log_syslog_line(const char *name, int priority, const char *text)
{
    time_t now = time(NULL);
    struct tm local = {0};
    char stamp[32];
    char line[LINE_BYTES];
    int len;

    localtime_r(&now, &local);
    strftime(stamp, sizeof(stamp), "%b %e %T", &local);
    len = snprintf(line, sizeof(line), "<%d>%s %s[%ld]: %s", priority, stamp, name, (long)getpid(),
                   text);
    if (len < 0)
        return false;
    return send_line(line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1);
}
