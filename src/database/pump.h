/*
 * pump - a thread that reads a connection with TLS, which only the library can, and only blocking, and
 * writes what comes into a socket, as the packets that they were.
 */
#ifndef VMAPD_DATABASE_PUMP_H
#define VMAPD_DATABASE_PUMP_H

#include <mysql.h>

#include "buffer.h"

/*
 * Send the command, the payload of a packet, and read what it tells. Returns the socket, for the caller
 * to close; the connection is the thread's then, which ends, and closes it, when the connection is shut
 * down or the socket is closed. -1: there is no thread; the connection is the caller's.
 */
int pump_start(MYSQL *mysql, struct slice command);

#endif
