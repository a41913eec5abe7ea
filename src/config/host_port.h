/*
 * host_port - HOST:PORT taken apart, for those who listen and those who connect.
 */
#ifndef VMAPD_CONFIG_HOST_PORT_H
#define VMAPD_CONFIG_HOST_PORT_H

#include <stdbool.h>

/* A port number or the name of a TCP service. */
bool host_port_parse(const char *text, unsigned *port);

bool host_port_is_ipv6(const char *text);

/* Take the brackets off [HOST]; false: there are none. */
bool host_port_unbracket(char *host);

/* Split host:port at the right-most ':', which is cut off. NULL: there is none. */
char *host_port_split(char *text);

#endif
