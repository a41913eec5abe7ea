/* stay - why a parameter keeps its mysql: tables, and what to do about it; see plan.h. Pure. */
#ifndef VMAPD_IMPORT_STAY_H
#define VMAPD_IMPORT_STAY_H

#include <stdbool.h>

#include "decide.h"
#include "list.h"
#include "plan.h"

/* If no map can be made of the list, say so in the plan. */
bool import_list_stays(struct import_plan *plan, const struct postconf_setting *setting,
                       const struct import_list *list, import_check *check);

/* Whether the maps made of the list can be used at once, without anybody's thinking. */
bool import_list_moves_alone(const struct import_plan *plan, const struct postconf_setting *setting,
                             const struct import_list *list);
void import_stay_by_hand(struct import_plan *plan, const struct postconf_setting *setting,
                         const struct import_list *list, const char *after);

/* If a service has other values for a $name in it, and what comes of that cannot be told, say so in the plan. */
bool import_stays_for_service(struct import_plan *plan, const struct postconf_setting *setting);

/* Say which files that a match list names have mysql: tables in them: these stay. */
void import_stay_in_files(struct import_plan *plan, const struct postconf_setting *setting);

/* A parameter that is no list of tables whose lookups vmapd could answer. */
void import_stay_by_kind(struct import_plan *plan, const struct postconf_setting *setting);

#endif
