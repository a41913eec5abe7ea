/* packets - see the header. */
#include "packets.h"

void packets_free(struct packets *packets)
{
    buffer_free(&packets->kept);
}

void packets_write_header(unsigned char *header, size_t len, uint8_t sequence)
{
    header[0] = (unsigned char)(len & 0xff);
    header[1] = (unsigned char)(len >> 8 & 0xff);
    header[2] = (unsigned char)(len >> 16 & 0xff);
    header[3] = sequence;
}

/* Returns how many bytes were taken. *is_good: false if the parts are not in their order. */
static size_t take_header(struct packets *packets, const char *data, size_t len, bool *is_good)
{
    const unsigned char *header = packets->header;
    size_t wanted = PACKETS_HEADER - packets->header_len;
    size_t taken = wanted < len ? wanted : len;

    memcpy(packets->header + packets->header_len, data, taken);
    packets->header_len += taken;
    if (packets->header_len < PACKETS_HEADER)
        return taken;
    packets->header_len = 0;
    packets->left = (size_t)header[0] | (size_t)header[1] << 8 | (size_t)header[2] << 16;
    packets->goes_on = packets->left == PACKETS_PART;
    packets->is_in_part = true;
    *is_good = header[3] == (uint8_t)(packets->sequence + 1);
    packets->sequence = header[3];
    return taken;
}

static size_t take_body(struct packets *packets, const char *data, size_t len)
{
    size_t taken = packets->left < len ? packets->left : len;
    size_t room = PACKETS_KEPT - packets->kept.len;

    buffer_add(&packets->kept, data, taken < room ? taken : room);
    packets->left -= taken;
    packets->length += taken;
    return taken;
}

/* The part is complete. False: nobody wants more. */
static bool end_part(struct packets *packets, packets_told *told, void *arg)
{
    uint64_t length = packets->length;
    bool goes_on;

    packets->is_in_part = false;
    if (packets->goes_on)
        return true;
    goes_on = told(arg, buffer_slice(&packets->kept), length);
    packets->length = 0;
    buffer_clear(&packets->kept);
    return goes_on;
}

bool packets_take(struct packets *packets, const char *data, size_t len, packets_told *told,
                  void *arg)
{
    while (len != 0) {
        bool is_good = true;
        size_t taken = packets->is_in_part ? take_body(packets, data, len)
                                           : take_header(packets, data, len, &is_good);

        data += taken;
        len -= taken;
        if (!is_good)
            return false;
        if (packets->is_in_part && packets->left == 0 && !end_part(packets, told, arg))
            return true;
    }
    return true;
}
