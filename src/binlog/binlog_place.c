/* binlog_place - see the header. */
#include "binlog_place.h"

#include <ctype.h>

/* The digits at the end of a file's name; empty if there are none behind a dot. */
static struct slice number_of(struct slice file)
{
    size_t digits = 0;

    while (digits < file.len && isdigit((unsigned char)file.data[file.len - digits - 1]))
        digits++;
    if (digits == file.len || file.data[file.len - digits - 1] != '.')
        digits = 0;
    return (struct slice){file.data + file.len - digits, digits};
}

static struct slice without_zeros(struct slice number)
{
    while (number.len > 1 && number.data[0] == '0') {
        number.data++;
        number.len--;
    }
    return number;
}

bool binlog_file_order(struct slice a, struct slice b, int *order)
{
    struct slice a_number = number_of(a), b_number = number_of(b);

    if (a_number.len == 0 || b_number.len == 0)
        return false;
    a.len -= a_number.len;
    b.len -= b_number.len;
    if (!slice_equal(a, b))
        return false;
    a_number = without_zeros(a_number);
    b_number = without_zeros(b_number);
    *order = a_number.len != b_number.len ? (a_number.len > b_number.len ? 1 : -1)
                                          : memcmp(a_number.data, b_number.data, a_number.len);
    return true;
}

enum binlog_reached binlog_reached(const struct binlog_place *place, struct slice file,
                                   uint64_t position)
{
    int order;

    if (!binlog_file_order(file, slice_of(place->name), &order))
        return BINLOG_ELSEWHERE;
    return order > 0 || (order == 0 && position >= place->position) ? BINLOG_REACHED
                                                                    : BINLOG_NOT_YET;
}
