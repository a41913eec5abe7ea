/*
 * bench_cache - what the cache costs and what it saves: memory, time, hits. Prints tables; with
 * -j FILE also JSON lines. -n MOST: up to so many entries (default 1000000; 10000000 takes a minute
 * and 2 GB).
 */
#include "bench_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "figure.h"
#include "log.h"

/* What is measured shall not find the memory of what was measured before. */
#define APART(call)                                                                                \
    do {                                                                                           \
        pid_t pid_ = fork();                                                                       \
        int status_;                                                                               \
                                                                                                   \
        if (pid_ == 0) {                                                                           \
            call;                                                                                  \
            exit(0);                                                                               \
        }                                                                                          \
        if (pid_ < 0 || waitpid(pid_, &status_, 0) != pid_ || status_ != 0)                        \
            log_fatal("%s did not end well", #call);                                               \
    } while (0)

static void run(uint32_t most)
{
    static const uint32_t capacities[] = {10000, 20000, 50000};
    static const double skews[] = {0.7, 0.9, 1.1};

    for (uint32_t entries = 1000; entries <= most; entries *= 10)
        APART(bench_size(entries));
    for (uint32_t rows = 100000; rows <= most; rows *= 10)
        APART(bench_rows(rows));
    APART(bench_budget((size_t)64 << 20, 50));
    APART(bench_budget((size_t)64 << 20, 100000));
    APART(bench_state(most < 1000000 ? most : 1000000));
    for (unsigned unknown = 0; unknown <= 10; unknown += 10)
        for (size_t c = 0; c < sizeof(capacities) / sizeof(capacities[0]); c++)
            for (size_t s = 0; s < sizeof(skews) / sizeof(skews[0]); s++)
                bench_hits(capacities[c], skews[s], unknown);
}

int main(int argc, char **argv)
{
    uint32_t most = 1000000;
    FILE *json = NULL;
    int option;

    while ((option = getopt(argc, argv, "j:n:")) != -1) {
        if (option == 'n') {
            most = (uint32_t)strtoul(optarg, NULL, 10);
        } else if (option != 'j' || (json = fopen(optarg, "w")) == NULL) {
            fprintf(stderr, "usage: bench_cache [-j FILE] [-n MOST]\n");
            return 2;
        }
    }
    figure_open(json);
    log_open("bench_cache", LOG_TARGET_STDERR, LOG_LEVEL_WARNING);
    run(most);
    return 0;
}
