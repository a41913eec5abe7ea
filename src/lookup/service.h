/* service - what all lookups share; see lookup.h. */
#ifndef VMAPD_LOOKUP_SERVICE_H
#define VMAPD_LOOKUP_SERVICE_H

#include "flight.h"
#include "live_maps.h"
#include "lookup.h"

struct lookup_service {
    struct event_base *base;
    struct cache *cache;
    struct mirror_set *mirrors;
    struct live_maps *maps; /* NULL before the first configuration */
    struct flight_set *flights;
    TAILQ_HEAD(, lookup) spare; /* retired lookups, for reuse */
    size_t spare_count;
    size_t pending;
    size_t old_bytes; /* that all lookups have for old values */
};

/* Free the retired lookups, at the end. */
void lookup_free_spares(struct lookup_service *service);

#endif
