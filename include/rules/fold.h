/*
 * fold - the key folding of Postfix's mysql: client: lower case for ASCII, Unicode case folding for
 * other UTF-8 (casefold(3) of Postfix). It is done by ICU, as in Postfix: so both know the same letters,
 * which are more from one version of Unicode to the next.
 */
#ifndef VMAPD_RULES_FOLD_H
#define VMAPD_RULES_FOLD_H

#include <stdbool.h>

#include "buffer.h"

/*
 * Append the folded key to out, in one pass and without allocation of its own for ASCII. False: the
 * key is not valid UTF-8 (nothing appended), which is NOTFOUND without a query.
 */
bool fold_key(struct slice key, struct buffer *out);

#endif
