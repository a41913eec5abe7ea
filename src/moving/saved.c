/* saved - see the header. */
#include "saved.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "origin.h"
#include "whole_file.h"
#include "xmalloc.h"

static const char *const files[] = {"main.cf", "master.cf"};

#define FILE_COUNT (sizeof(files) / sizeof(files[0]))
#define BEFORE     ""
#define SWITCHED   "switched-"

/* Copy both files there, or back. A main.cf alone will do. */
static bool copy_files(const char *directory, const char *prefix, bool back, struct buffer *error)
{
    char *saved = origin_saved_directory(directory);
    bool good = true;

    for (size_t i = 0; good && i < FILE_COUNT; i++) {
        char *here = xasprintf("%s/%s", directory, files[i]);
        char *there = xasprintf("%s/%s%s", saved, prefix, files[i]);

        if (access(back ? there : here, F_OK) == 0)
            good = back ? whole_file_copy(there, here, error) : whole_file_copy(here, there, error);
        free(here);
        free(there);
    }
    free(saved);
    return good;
}

bool saved_keep(const char *directory, struct buffer *error)
{
    char *saved = origin_saved_directory(directory);
    bool good = mkdir(saved, 0755) == 0;

    if (!good)
        buffer_printf(error, "%s: %s", saved, strerror(errno));
    free(saved);
    return good && copy_files(directory, BEFORE, false, error);
}

bool saved_keep_switched(const char *directory, struct buffer *error)
{
    return copy_files(directory, SWITCHED, false, error);
}

bool saved_is_unedited(const char *directory)
{
    char *saved = origin_saved_directory(directory);
    bool same = true;

    for (size_t i = 0; i < FILE_COUNT; i++) {
        char *here = xasprintf("%s/%s", directory, files[i]);
        char *there = xasprintf("%s/" SWITCHED "%s", saved, files[i]);

        same = same && (access(there, F_OK) != 0 || whole_file_same(here, there));
        free(here);
        free(there);
    }
    free(saved);
    return same;
}

bool saved_restore(const char *directory, struct buffer *error)
{
    return copy_files(directory, BEFORE, true, error);
}

void saved_forget(const char *directory)
{
    static const char *const prefixes[] = {BEFORE, SWITCHED};
    char *saved = origin_saved_directory(directory);

    for (size_t i = 0; i < FILE_COUNT; i++)
        for (size_t p = 0; p < 2; p++) {
            char *path = xasprintf("%s/%s%s", saved, prefixes[p], files[i]);

            unlink(path);
            free(path);
        }
    rmdir(saved);
    free(saved);
}
