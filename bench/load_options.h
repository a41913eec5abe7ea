/* load_options - the command line of the load generator. */
#ifndef BENCH_LOAD_OPTIONS_H
#define BENCH_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct load_options {
    const char *socket;
    const char *map;
    const char *key_file;
    const char *key_template;
    const char *reply_template;
    size_t key_count;
    unsigned connections;
    unsigned depth;
    double seconds;
    double warm_up;
    uint64_t requests; /* 0 = as many as the time allows */
    long server;       /* pid, 0 = unknown */
    bool is_random;
    bool is_json;
};

/* Exits with 2 and a usage message on a wrong command line. Strings are argv's. */
void load_options_parse(struct load_options *options, int argc, char **argv);

#endif
