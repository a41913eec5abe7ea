/* figure - results as a table for people and as one JSON object a line for programs. */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include <stdio.h>

struct figure {
    const char *name;
    double value;
    int decimals;
};

/* JSON lines go to that file; NULL = nowhere. Before anything else, and before any fork(). */
void figure_open(FILE *json);

/* One row of the table of that name; its heading is printed when another table begins. */
void figure_row(const char *table, const struct figure *figures, size_t count);

#define FIGURE_ROW(table, ...)                                                                     \
    figure_row(table, (const struct figure[]){__VA_ARGS__},                                        \
               sizeof((const struct figure[]){__VA_ARGS__}) / sizeof(struct figure))

#endif
