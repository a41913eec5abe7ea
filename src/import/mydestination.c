/* mydestination - see the header. Tables of this database go on as tables, others are trouble. */
#include "mydestination.h"

#include <stdlib.h>
#include <string.h>

#include "locals.h"
#include "xmalloc.h"

/* A table whose names vmapd can ask for, or a sentence why not. */
static void add_table(struct import_locals *locals, const char *table, import_check *check,
                      struct buffer *trouble)
{
    const char *path = locals_table_file(table);
    struct buffer problem = BUFFER_EMPTY;

    if (path != NULL && check(path, &problem)) {
        locals->tables =
            xrealloc(locals->tables, (locals->table_count + 1) * sizeof(*locals->tables));
        locals->tables[locals->table_count++] = xstrdup(path);
    } else {
        buffer_printf(trouble, "mydestination has a table, %s, whose names vmapd cannot know%s%s\n",
                      table, problem.len > 0 ? ": " : ".", buffer_text(&problem));
    }
    buffer_free(&problem);
}

static void add_service(struct import_plan *plan, const char *service, import_check *check)
{
    struct import_locals ours = {.service = xstrdup(service)};
    struct buffer trouble = BUFFER_EMPTY;
    struct locals locals = {0};

    locals_find(plan->postconf, service, &locals);
    ours.names = xstrdup(buffer_text(&locals.names));
    buffer_add(&trouble, locals.notes.data, locals.notes.len);
    for (size_t i = 0; i < locals.table_count; i++)
        add_table(&ours, locals.tables[i], check, &trouble);
    ours.trouble = xstrdup(buffer_text(&trouble));
    plan->locals = xrealloc(plan->locals, (plan->locals_count + 1) * sizeof(*plan->locals));
    plan->locals[plan->locals_count++] = ours;
    buffer_free(&trouble);
    locals_free(&locals);
}

static bool is_about_locals(const struct postconf_setting *setting)
{
    return strcmp(setting->name, "mydestination") == 0 || strcmp(setting->name, "myorigin") == 0;
}

void import_find_locals(struct import_plan *plan, import_check *check)
{
    add_service(plan, "", check);
    for (size_t i = 0; i < postconf_count(plan->postconf); i++) {
        const struct postconf_setting *setting = postconf_setting(plan->postconf, i);

        if (setting->service[0] != '\0' && is_about_locals(setting) &&
            strcmp(import_plan_locals(plan, setting->service)->service, setting->service) != 0)
            add_service(plan, setting->service, check);
    }
}
