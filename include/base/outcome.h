/*
 * outcome - what became of a lookup. The same value travels unchanged from the database connection
 * to the reply on the wire: only a statement of the database makes OK or NOTFOUND, every failure is
 * one of the others.
 */
#ifndef VMAPD_BASE_OUTCOME_H
#define VMAPD_BASE_OUTCOME_H

enum outcome {
    OUTCOME_OK,
    OUTCOME_NOTFOUND, /* the database said so, or the key cannot be in the table */
    OUTCOME_TEMP,     /* cannot tell now */
    OUTCOME_TIMEOUT,  /* cannot tell now: a deadline passed */
    OUTCOME_PERM      /* asking again will not help: no such map */
};

#define OUTCOME_COUNT 5

#endif
