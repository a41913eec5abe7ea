/* figure - see the header. */
#include "figure.h"

#include <string.h>
#include <sys/mman.h>

#include "log.h"

#define WIDTH_MIN  9
#define NAME_BYTES 100

static FILE *figure_json;
static char *last_table; /* shared with child processes, which print rows of the same table */

static int width_of(const struct figure *figure)
{
    int width = (int)strlen(figure->name);

    return width > WIDTH_MIN ? width : WIDTH_MIN;
}

void figure_open(FILE *json)
{
    figure_json = json;
    last_table = mmap(NULL, NAME_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (last_table == MAP_FAILED)
        log_fatal("cannot map memory");
}

static void print_heading(const char *table, const struct figure *figures, size_t count)
{
    if (strcmp(last_table, table) == 0)
        return;
    snprintf(last_table, NAME_BYTES, "%s", table);
    printf("\n%s\n", table);
    for (size_t i = 0; i < count; i++)
        printf("  %*s", width_of(&figures[i]), figures[i].name);
    printf("\n");
}

static void write_json(const char *table, const struct figure *figures, size_t count)
{
    fprintf(figure_json, "{\"table\": \"%s\"", table);
    for (size_t i = 0; i < count; i++)
        fprintf(figure_json, ", \"%s\": %.*f", figures[i].name, figures[i].decimals,
                figures[i].value);
    fprintf(figure_json, "}\n");
    fflush(figure_json);
}

void figure_row(const char *table, const struct figure *figures, size_t count)
{
    print_heading(table, figures, count);
    for (size_t i = 0; i < count; i++)
        printf("  %*.*f", width_of(&figures[i]), figures[i].decimals, figures[i].value);
    printf("\n");
    fflush(stdout);
    if (figure_json != NULL)
        write_json(table, figures, count);
}
