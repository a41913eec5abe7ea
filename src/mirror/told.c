/* told - see the header. */
#include "told.h"

#include <stdio.h>

#include "binlog_gtids.h"

bool told_begin(struct told *told, const struct epoch *epoch, uint64_t number)
{
    told_clear(told);
    if (!epoch->has_gtid) {
        told->at = told->seen = epoch->place;
        return told->at.name[0] != '\0';
    }
    /* Places of another stream count something else. */
    snprintf(told->at.name, sizeof(told->at.name), "stream.%llu", (unsigned long long)number);
    told->gtids = binlog_gtids_new(epoch_gtids(epoch));
    return told->gtids != NULL;
}

void told_clear(struct told *told)
{
    binlog_gtids_free(told->gtids);
    *told = (struct told){.gtids = NULL};
}

bool told_take(struct told *told, const struct binlog *binlog, bool is_commit)
{
    struct binlog_place place = binlog_place(binlog);

    if (told->gtids == NULL) {
        told->at = place;
        return true;
    }
    if (is_commit && !binlog_gtids_tell(told->gtids, place.name))
        return false;
    told->at.position = binlog_gtids_told(told->gtids);
    return true;
}

static enum binlog_reached reached(const struct told *told, const struct binlog_place *place)
{
    return binlog_reached(place, slice_of(told->at.name), told->at.position);
}

static bool look_at_place(struct told *told, const struct binlog_place *place, bool *is_told)
{
    struct binlog_place before = told->seen;

    told->seen = *place;
    *is_told = reached(told, place) == BINLOG_REACHED;
    return binlog_reached(&before, slice_of(place->name), place->position) == BINLOG_REACHED;
}

bool told_look(struct told *told, struct epoch *epoch, bool *is_told)
{
    struct binlog_gtids_look look;

    if (told->gtids == NULL)
        return look_at_place(told, &epoch->place, is_told);
    if (!binlog_gtids_look(told->gtids, epoch_gtids(epoch), &look))
        return false;
    epoch->place = told->at;
    epoch->place.position = look.visible;
    *is_told = look.is_told;
    return true;
}

void told_await(struct told *told, const struct epoch *epoch)
{
    told->awaited = epoch->place;
    if (told->gtids != NULL)
        binlog_gtids_await(told->gtids);
}

bool told_has_come(const struct told *told)
{
    if (told->gtids != NULL)
        return binlog_gtids_has_come(told->gtids);
    return reached(told, &told->awaited) == BINLOG_REACHED;
}
