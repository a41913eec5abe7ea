/*
 * embed - from what is embedded in a structure to the structure. What waits in a list or is called back is
 * a member of its owner, so that waiting allocates nothing.
 */
#ifndef VMAPD_BASE_EMBED_H
#define VMAPD_BASE_EMBED_H

#include <stddef.h>

/* The type whose member ptr points to. Another member's type than ptr's does not compile clean. */
#define OWNER_OF(ptr, type, member)                                                                \
    ((type *)(void *)((char *)(1 ? (ptr) : &((type *)NULL)->member) - offsetof(type, member)))

#endif
