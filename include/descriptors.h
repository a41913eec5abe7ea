/*
 * descriptors - how many files and sockets the process may have open. Clients may not take the last
 * ones: the control socket, the database connections and files must still work when they are many.
 */
#ifndef VMAPD_DESCRIPTORS_H
#define VMAPD_DESCRIPTORS_H

/* Left to everything but clients; a quarter of the limit if that is less. */
#define DESCRIPTORS_RESERVED 64

/*
 * Raise the soft limit to the hard one, at start, and warn if so many clients and the reserve do not
 * fit.
 */
void descriptor_limit_raise(unsigned max_clients);

/*
 * The first descriptor number that is not for clients. The kernel gives out the lowest free number,
 * so one this high says that the table is nearly full.
 */
int descriptor_reserve_start(void);

#endif
