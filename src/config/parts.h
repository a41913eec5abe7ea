/*
 * parts - the pieces that config_load() is put together from; nobody else needs them. Each
 * takes what was written and fills or makes one structure of config.h. On failure one "FILE:LINE:
 * message" was appended to error.
 */
#ifndef VMAPD_CONFIG_PARTS_H
#define VMAPD_CONFIG_PARTS_H

#include "config.h"
#include "sections.h"

/* [server] and [cache]. What was stored before a failure is freed with the config. */
bool server_options_fill(struct config *config, const struct sections *sections,
                         struct buffer *error);
void server_options_free(struct server_options *server);

/* The values of the parameters that a reload cannot change, in the order of the option table. */
char **server_fixed_values(const struct sections *sections);

/* A table from a [table], a [map] with a query of its own, or a .cf file. */
struct table_def *table_def_from_section(const struct settings *own,
                                         const struct sections *sections,
                                         const struct server_options *server, struct buffer *error);
/* option, user, line: what names the file and where, for the message if it cannot be read. */
struct table_def *table_def_from_file(const char *path, const char *option,
                                      const struct sections *sections,
                                      const struct server_options *server,
                                      const struct settings *user, unsigned line,
                                      struct buffer *error);
/* Each password, or its file: whichever is written nearer to the table. */
bool table_def_read_passwords(struct table_def *table, const struct settings_chain *chain,
                              struct buffer *error);
/* Before their memory is freed, and with their files' names. */
void table_def_forget_passwords(struct table_def *table);

/* Whether the values in [database] are good, also of those that no table takes from there. */
bool tables_check_defaults(const struct settings *database, struct buffer *error);

/* Warn if a connect_timeout that was written here leaves a lookup no time for another host. */
void tables_warn_of_timeout(const struct settings *settings, const struct server_options *server);
void table_def_free(struct table_def *table);

/* All maps and the tables that they use. */
bool maps_fill(struct config *config, const struct sections *sections, struct buffer *error);
void map_def_free(struct map_def *map);

#endif
