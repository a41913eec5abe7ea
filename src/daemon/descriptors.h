/*
 * descriptors - how many files and sockets the process may have open. Clients may not take the last
 * ones: the control socket, the database connections and files must still work when they are many.
 */
#ifndef VMAPD_DAEMON_DESCRIPTORS_H
#define VMAPD_DAEMON_DESCRIPTORS_H

/* Left to everything but clients and connections to the database: sockets for control, files, and
 * attempts to connect that hang in the client library after their time. */
#define DESCRIPTORS_RESERVED 128

/* Of one connection to the database: the client library's socket, our copy of it, and a timer. */
#define DESCRIPTORS_OF_CONNECTION 3

/*
 * Open 0, 1 and 2 on /dev/null if they are not open, first of all: what gets their number later would be
 * written to as if it were the standard error.
 */
void descriptors_fill_standard(void);

/* Raise the soft limit to the hard one, at start. */
void descriptors_raise_limit(void);

/*
 * The first descriptor number that is not for clients, when connections are the most that the
 * database may have from us. The kernel gives out the lowest free number, so one this high says that
 * the table is nearly full. Half of the limit is for clients in any case. Warns if max_clients do not
 * fit.
 */
int descriptors_for_clients(unsigned max_clients, unsigned connections);

#endif
