/*
 * switch - Postfix from its mysql: tables to vmapd, and back. What was is kept (origin.h), what is done
 * is told, and what fails is undone.
 */
#ifndef VMAPD_MOVING_SWITCH_H
#define VMAPD_MOVING_SWITCH_H

#include <stdbool.h>

/*
 * directory is that of Postfix's configuration. With dry_run the commands are only printed. True: done;
 * false: nothing is changed, and why was told. Prints to standard output, reasons to standard error.
 */
bool switch_to_vmapd(const char *directory, bool dry_run);
bool switch_back(const char *directory, bool dry_run);

#endif
