/* our_maps - the members of a setting that are maps of this vmapd. Pure. */
#ifndef VMAPD_CHECK_OUR_MAPS_H
#define VMAPD_CHECK_OUR_MAPS_H

#include <stdbool.h>

#include "config.h"
#include "postconf.h"
#include "table_list.h"

/* Split "unix:PATH:MAP" or "inet:HOST:PORT:MAP"; false: there is no map behind an address. */
bool our_maps_split(struct slice name, struct slice *address, struct slice *map);

/* Whether the member is a socketmap table at one of our sockets, and which map. */
bool our_maps_is(const struct config *config, const struct postconf *postconf,
                 const struct list_member *member, struct slice *map);

/* The first map of ours in a parameter of main.cf; NULL: none, or it does not exist. */
const struct map_def *our_maps_of(const struct config *config, const struct postconf *postconf,
                                  const char *parameter);

#endif
