/* literals - the literals with expansions of a query: what a key is made of before it is compared. Pure. */
#ifndef VMAPD_MIRROR_LITERALS_H
#define VMAPD_MIRROR_LITERALS_H

#include "sql_scan.h"
#include "turn.h"

/*
 * The literal of one more key column. False: what it is under every sql_mode can't be told, and a
 * sentence was appended to reason.
 */
bool literals_add(const struct sql_token *token, struct turned *turned, struct buffer *reason);

#endif
