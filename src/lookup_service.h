/*
 * lookup_service - what all lookups share; private to lookup.c, lookup_service.c and explain.c.
 */
#ifndef VMAPD_LOOKUP_SERVICE_H
#define VMAPD_LOOKUP_SERVICE_H

#include <stddef.h>

#include "flight.h"
#include "lookup.h"
#include "routes.h"

struct lookup_service {
    struct event_base *base;
    struct cache *cache;
    struct routes *routes; /* NULL before the first configuration */
    struct flight_set *flights;
    struct lookup *spare; /* retired lookups, for reuse */
    size_t spare_count;
    size_t pending;
};

/* Free the retired lookups, at the end. */
void lookup_free_spares(struct lookup_service *service);

#endif
