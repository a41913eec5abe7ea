/* format - see the header; and what a definition and the clocks look like in a file. */
#include "format.h"

#include <endian.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hash.h"
#include "state.h"

void state_add_u16(struct buffer *out, uint16_t value)
{
    value = htole16(value);
    buffer_add(out, &value, sizeof(value));
}

void state_add_u32(struct buffer *out, uint32_t value)
{
    value = htole32(value);
    buffer_add(out, &value, sizeof(value));
}

void state_add_u64(struct buffer *out, uint64_t value)
{
    value = htole64(value);
    buffer_add(out, &value, sizeof(value));
}

void state_set_u32(struct buffer *out, size_t at, uint32_t value)
{
    value = htole32(value);
    memcpy(out->data + at, &value, sizeof(value));
}

uint16_t state_u16(const char *data)
{
    uint16_t value;

    memcpy(&value, data, sizeof(value));
    return le16toh(value);
}

uint32_t state_u32(const char *data)
{
    uint32_t value;

    memcpy(&value, data, sizeof(value));
    return le32toh(value);
}

uint64_t state_u64(const char *data)
{
    uint64_t value;

    memcpy(&value, data, sizeof(value));
    return le64toh(value);
}

uint64_t state_check(uint64_t part, const char *data, size_t len)
{
    const struct hash_secret key = {{0x73746174652d6669u, part}};

    return hash_bytes(&key, data, len);
}

/* 128 bits; the keys are fixed, because they have to be the same after a restart. */
static void digest(const char *data, size_t len, uint64_t result[2])
{
    const struct hash_secret low = {{0x6d61702064656669u, 1}}, high = {{0x6d61702064656669u, 2}};

    result[0] = hash_bytes(&low, data, len);
    result[1] = hash_bytes(&high, data, len);
}

void state_fingerprint(const struct table_def *def, uint64_t fingerprint[2])
{
    struct buffer all = BUFFER_EMPTY;

    buffer_add_char(&all, '+');
    buffer_add(&all, def->name, strlen(def->name) + 1);
    table_def_append(def, &all);
    digest(all.data, all.len, fingerprint);
    buffer_free(&all);
}

static uint64_t milliseconds(clockid_t id)
{
    struct timespec now;

    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void state_clock_read(struct state_clock *clock)
{
    char id[64];
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd >= 0 ? read(fd, id, sizeof(id)) : -1;

    if (fd >= 0)
        close(fd);
    /* Without a name for this boot none is the same: then a wall clock is all there is. */
    if (len > 0)
        digest(id, (size_t)len, clock->boot);
    else
        clock->boot[0] = clock->boot[1] = 0;
    clock->boot_ms = milliseconds(CLOCK_BOOTTIME);
    clock->wall_ms = milliseconds(CLOCK_REALTIME);
}
