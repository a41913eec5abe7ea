/*
 * install - the first of the commands that move a mail system: vmapd.conf, written from Postfix's
 * mysql: tables so that it needs nothing else and goes on while the database is away. The queries are
 * taken over, not the files named: so no file of Postfix gets another owner or mode, and what vmapd
 * does stands in one file that is its own. Nothing of Postfix is changed.
 */
#ifndef VMAPD_MOVING_INSTALL_H
#define VMAPD_MOVING_INSTALL_H

#include <stdbool.h>

#include "buffer.h"
#include "origin.h"

/*
 * Append the configuration. control is the path of the control socket, NULL for the usual one. What
 * people should know is appended to notes, a paragraph to a line.
 */
void install_compose(const struct origin *origin, const char *control, struct buffer *out,
                     struct buffer *notes);

/*
 * Write it to path: a new file, the sample that nobody has edited, or with overwrite any, of which a
 * copy is kept (".before-import"). Owner and mode stay; a new one is root's and vmapd's group may read
 * it. False: one line why is appended to error.
 */
bool install_write(const char *path, const struct buffer *text, bool overwrite,
                   struct buffer *error);

#endif
