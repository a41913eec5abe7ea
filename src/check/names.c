/* names - see the header. */
#include "names.h"

#include <stdlib.h>
#include <string.h>

#include "xmalloc.h"

void names_add(struct names *names, struct slice text)
{
    if (memchr(text.data, '\0', text.len) != NULL || memchr(text.data, '\n', text.len) != NULL)
        return;
    if (names->count == names->capacity) {
        names->capacity = names->capacity != 0 ? 2 * names->capacity : 64;
        names->at = xrealloc(names->at, names->capacity * sizeof(*names->at));
    }
    names->at[names->count++] = xstrndup(text.data, text.len);
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void names_sort(struct names *names)
{
    size_t kept = 0;

    if (names->count > 1)
        qsort(names->at, names->count, sizeof(*names->at), compare);
    for (size_t i = 0; i < names->count; i++)
        if (kept > 0 && strcmp(names->at[kept - 1], names->at[i]) == 0)
            free(names->at[i]);
        else
            names->at[kept++] = names->at[i];
    names->count = kept;
}

size_t names_find(const struct names *names, struct slice text)
{
    char *wanted = xstrndup(text.data, text.len);
    char **found = names->count > 0
                       ? bsearch(&wanted, names->at, names->count, sizeof(*names->at), compare)
                       : NULL;

    free(wanted);
    return found != NULL ? (size_t)(found - names->at) : NAMES_NO_ONE;
}

void names_free(struct names *names)
{
    for (size_t i = 0; i < names->count; i++)
        free(names->at[i]);
    free(names->at);
    *names = (struct names)NAMES_EMPTY;
}
