/* write - a plan as vmapd.conf, and as the report for people with the commands to switch and go back. */
#ifndef VMAPD_IMPORT_WRITE_H
#define VMAPD_IMPORT_WRITE_H

#include "buffer.h"
#include "plan.h"

/* [server] and the maps alone. */
void import_write_maps(const struct import_plan *plan, struct buffer *out);

/* What does not move, and why; nothing if all does. Any text as comment lines. */
void import_write_stays(const struct import_plan *plan, struct buffer *out);
void import_write_comment(const char *text, struct buffer *out);

/* Both append to out. */
void import_write_config(const struct import_plan *plan, struct buffer *out);
void import_write_report(const struct import_plan *plan, struct buffer *out);

/* Append the commands that make the changes, or take them back; one a line. */
void import_write_commands(const struct import_plan *plan, bool back, struct buffer *out);

/* Append the part of the report that tells what does not move and why; nothing if all does. */
void import_write_stays(const struct import_plan *plan, struct buffer *out);

#endif
