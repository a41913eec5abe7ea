/* similar - see the header. */
#include "similar.h"

#include <string.h>

/* Longer names are not compared; more changes than these are another name. */
#define NAME_MAX_COMPARED 32u
#define DISTANCE_MOST     2u

static unsigned least_of(unsigned a, unsigned b, unsigned c)
{
    unsigned least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein's distance: how many letters to insert, delete or replace. */
static unsigned distance_of(const char *a, const char *b)
{
    unsigned row[NAME_MAX_COMPARED + 1];
    unsigned len = (unsigned)strlen(b);

    for (unsigned j = 0; j <= len; j++)
        row[j] = j;
    for (unsigned i = 0; a[i] != '\0'; i++) {
        unsigned diagonal = row[0];

        row[0] = i + 1;
        for (unsigned j = 0; j < len; j++) {
            unsigned above = row[j + 1];

            row[j + 1] = least_of(above + 1, row[j] + 1, diagonal + (a[i] != b[j]));
            diagonal = above;
        }
    }
    return row[len];
}

void similar_consider(struct similar *similar, const char *written, const char *known)
{
    unsigned distance;

    if (strlen(written) > NAME_MAX_COMPARED || strlen(known) > NAME_MAX_COMPARED)
        return;
    distance = distance_of(written, known);
    if (distance > DISTANCE_MOST || 2 * distance >= strlen(known) ||
        (similar->name != NULL && distance >= similar->distance))
        return;
    similar->name = known;
    similar->distance = distance;
}
