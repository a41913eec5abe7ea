/* value - what of a row is kept, and what the last byte of its value says of it. */
#ifndef VMAPD_MIRROR_VALUE_H
#define VMAPD_MIRROR_VALUE_H

/* Bytes; what is longer is asked for. The cache keeps these in any case. */
#define KEY_MOST   1000
#define VALUE_MOST 16000

#define VALUE_TOLD '+' /* before it stands the value */
#define VALUE_ASK  '-' /* the row gives none that could be told: the database has to say it */

#endif
