/* parts - what the files of import share; see import.h. */
#ifndef VMAPD_IMPORT_PARTS_H
#define VMAPD_IMPORT_PARTS_H

#include "import.h"
#include "list.h"

/* How main.cf names vmapd: relative to the queue directory, in or out of Postfix's chroot. */
#define IMPORT_SOCKET    "private/vmap"
#define IMPORT_SOCKETMAP "socketmap:unix:" IMPORT_SOCKET ":"

void import_add_stay(struct import_plan *plan, const struct postconf_setting *setting,
                     const char *reason, const char *advice);

void import_add_change(struct import_plan *plan, const struct postconf_setting *setting,
                       const char *after);

/*
 * What stays must not change with what moves. A parameter that takes its tables from one that changes
 * is given them itself; and so is proxy_read_maps, which says what proxymap(8) may open.
 */
void import_pin_references(struct import_plan *plan);
void import_pin_proxied(struct import_plan *plan);

/* If no map can be made of the list, say so in the plan. */
bool import_list_stays(struct import_plan *plan, const struct postconf_setting *setting,
                       const struct import_list *list, import_check *check);

/* Whether the maps made of the list can be used at once, without anybody's thinking. */
bool import_list_moves_alone(const struct import_plan *plan, const struct postconf_setting *setting,
                             const struct import_list *list);
void import_stay_by_hand(struct import_plan *plan, const struct postconf_setting *setting,
                         const struct import_list *list, const char *after);

/* A parameter that is no list of tables whose lookups vmapd could answer. */
void import_stay_by_kind(struct import_plan *plan, const struct postconf_setting *setting);

/* Append the command, quoted for the shell, that gives the parameter this value; no newline. */
void import_write_command(const struct import_plan *plan, const char *service,
                          const char *parameter, const char *value, struct buffer *out);

#endif
