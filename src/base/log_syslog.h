/*
 * log_syslog - log lines as datagrams to the system's log, as syslog(3) sends them, but never waiting: a
 * log daemon that hangs must not stop mail. Not thread-safe; private to log.
 */
#ifndef VMAPD_BASE_LOG_SYSLOG_H
#define VMAPD_BASE_LOG_SYSLOG_H

#include <stdbool.h>

#define LOG_SYSLOG_PATH "/dev/log"

/* Send to the socket at path from now on; it need not be there yet. */
void log_syslog_open(const char *path);
void log_syslog_close(void);

/*
 * name: who says it; priority: one of syslog(3) with its facility. False: nobody took the line, since the
 * daemon does not read, or is not there.
 */
bool log_syslog_line(const char *name, int priority, const char *text);

#endif
