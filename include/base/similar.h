/*
 * similar - which of the names that exist may have been meant by one that does not.
 */
#ifndef VMAPD_BASE_SIMILAR_H
#define VMAPD_BASE_SIMILAR_H

/* The most similar name so far. Zero-initialise; name stays NULL while none is close. */
struct similar {
    const char *name;
    unsigned distance; /* letters to insert, delete or replace */
};

/* known is kept if it is closer to what was written than the others were. */
void similar_consider(struct similar *similar, const char *written, const char *known);

#endif
