/*
 * postconf - the settings of a Postfix installation, as its own postconf(1) tells them. Reading what
 * it prints is pure; postconf_read() runs it. Nothing of Postfix is changed.
 */
#ifndef VMAPD_POSTCONF_POSTCONF_H
#define VMAPD_POSTCONF_POSTCONF_H

#include <stdbool.h>
#include <stddef.h>

#include "buffer.h"

struct postconf;

/* A parameter set in main.cf, or with "-o" for one service in master.cf. */
struct postconf_setting {
    char *service; /* "submission/inet"; "" = main.cf */
    char *name;    /* of the parameter */
    char *
        written; /* its value as it stands there, continued lines joined; of a service with all its blanks */
    char *expanded; /* with each $name replaced */
};

/* The outputs of postconf that are understood. */
enum postconf_output {
    POSTCONF_WRITTEN,            /* -n */
    POSTCONF_EXPANDED,           /* -nx, after the one before */
    POSTCONF_OVERRIDES_WRITTEN,  /* -P */
    POSTCONF_OVERRIDES_EXPANDED, /* -Px, after the one before */
    POSTCONF_VALUES,             /* -x NAME ...: values in force, also of what is not set */
    POSTCONF_SERVICES            /* -M, after all others */
};

/* directory is what "-c" names. */
struct postconf *postconf_new(const char *directory);
void postconf_free(struct postconf *postconf);
void postconf_add(struct postconf *postconf, enum postconf_output output, struct slice text);

/*
 * Run postconf(1) on the configuration in that directory, which may lack master.cf. NULL: one message, without a newline, was
 * appended to error.
 */
struct postconf *postconf_read(const char *directory, struct buffer *error);

/* The same of copies of main.cf and master.cf in the directory copy, as if they were in the other. */
struct postconf *postconf_read_copy(const char *copy, const char *directory, struct buffer *error);

const char *postconf_directory(const struct postconf *postconf);
size_t postconf_count(const struct postconf *postconf);
const struct postconf_setting *postconf_setting(const struct postconf *postconf, size_t index);

/* The expanded value in force in main.cf; "" if it is empty or was not asked for. */
const char *postconf_value(const struct postconf *postconf, const char *name);

/* The same for a service of master.cf ("submission/inet"), which may have a setting of its own; "" = main.cf. */
const char *postconf_service_value(const struct postconf *postconf, const char *service,
                                   const char *name);

/* The setting with that name in main.cf (service "") or of one service; NULL: it is not set there. */
const struct postconf_setting *postconf_find(const struct postconf *postconf, const char *service,
                                             const char *name);

/* The first word of the command of a service of master.cf ("submission/inet"); NULL: no such service. */
const char *postconf_program(const struct postconf *postconf, const char *service);

/* A service of master.cf in one line, as "postconf -M" prints it (master_entry.h); NULL: no such service. */
const char *postconf_entry(const struct postconf *postconf, const char *service);

/*
 * The first word of the command of a delivery agent (type unix or pass); NULL: no such service. Without
 * a master.cf, the service "virtual" is what it always is.
 */
const char *postconf_agent(const struct postconf *postconf, struct slice service);

/*
 * The first service that looks up addresses (smtpd, cleanup and so on) and runs chrooted, so that an
 * absolute path is another one for it; "" if there is none.
 */
const char *postconf_chrooted(const struct postconf *postconf);

#endif
