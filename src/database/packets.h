/*
 * packets - a stream of bytes cut into packets of the client/server protocol, which are told one after the
 * other. Of a packet that is too long to be held only the beginning is kept. Pure. Zero-initialise.
 */
#ifndef VMAPD_DATABASE_PACKETS_H
#define VMAPD_DATABASE_PACKETS_H

#include <stdbool.h>
#include <stdint.h>

#include "buffer.h"

/* What is kept of one packet, bytes. */
#define PACKETS_KEPT ((size_t)64 * 1024)

#define PACKETS_HEADER 4
/* A part that is full: another one follows. */
#define PACKETS_PART 0xffffffu

struct packets {
    unsigned char header[PACKETS_HEADER];
    size_t header_len;
    size_t left;      /* of the part that has begun */
    bool is_in_part;  /* its header is complete */
    bool goes_on;     /* another part of the same packet follows */
    uint8_t sequence; /* of the part that was taken last */
    uint64_t length;  /* of the packet so far */
    struct buffer kept;
};

/* A packet of so many bytes, or the beginning of it; borrowed. False: tell no more of these bytes. */
typedef bool packets_told(void *arg, struct slice packet, uint64_t length);

/* False: a sequence number that can't be. The first packet has number 1. */
bool packets_take(struct packets *packets, const char *data, size_t len, packets_told *told,
                  void *arg);
void packets_free(struct packets *packets);

/* Write the header of one part into four bytes. */
void packets_write_header(unsigned char *header, size_t len, uint8_t sequence);

#endif
