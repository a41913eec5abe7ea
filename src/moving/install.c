/* install - see the header. */
#include "install.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "whole_file.h"
#include "identity.h"
#include "inline.h"
#include "lifetimes.h"
#include "names.h"
#include "write.h"
#include "xmalloc.h"

#define GROUP "vmapd"

/* --- the tables ----------------------------------------------------------------------------- */

/* The [table] sections, and which of them each file became. */
struct sections {
    struct buffer text;
    char **path, **name;
    size_t count;
};

static const char *find_section(const struct sections *sections, const char *path)
{
    for (size_t i = 0; i < sections->count; i++)
        if (strcmp(sections->path[i], path) == 0) {
            assert(sections->name[i] != NULL);
            return sections->name[i];
        }
    return NULL;
}

static bool name_is_taken(const struct sections *sections, const char *name)
{
    for (size_t i = 0; i < sections->count; i++)
        if (strcmp(sections->name[i], name) == 0)
            return true;
    return false;
}

static char *free_name(const struct sections *sections, char *base)
{
    char *name = xstrdup(base);

    for (unsigned n = 2; name_is_taken(sections, name); n++) {
        free(name);
        name = xasprintf("%s_%u", base, n);
    }
    free(base);
    return name;
}

static void keep_section(struct sections *sections, const char *path, char *name)
{
    sections->path = xrealloc(sections->path, (sections->count + 1) * sizeof(*sections->path));
    sections->name = xrealloc(sections->name, (sections->count + 1) * sizeof(*sections->name));
    sections->path[sections->count] = xstrdup(path);
    sections->name[sections->count++] = name;
}

/* How a map (NULL: local_domains) names the table of a file: by its section, or where it can have none by the file. */
static char *name_table(struct sections *sections, const struct import_map *map, const char *path,
                        struct buffer *notes)
{
    const char *known = find_section(sections, path);
    struct buffer section = BUFFER_EMPTY, error = BUFFER_EMPTY;
    char *name;

    if (known != NULL)
        return xstrdup(known);
    name = free_name(sections, inline_name(path));
    buffer_add_char(&section, '\n');
    if (inline_table(path, name, NULL, &section, &error)) {
        buffer_add(&sections->text, section.data, section.len);
        if (map != NULL)
            lifetimes_write_table(map, path, &sections->text);
    } else {
        free(name);
        name = xstrdup(path);
        buffer_printf(notes, "%s stays a file, for its lines would not do as a section: %s\n", path,
                      buffer_text(&error));
    }
    keep_section(sections, path, xstrdup(name));
    buffer_free(&section);
    buffer_free(&error);
    return name;
}

/* The same for the tables that say which domains are local. */
static struct import_locals *name_local_tables(const struct import_plan *plan,
                                               struct sections *sections, struct buffer *notes)
{
    struct import_locals *named = xcalloc(plan->locals_count, sizeof(*named));

    for (size_t i = 0; i < plan->locals_count; i++) {
        const struct import_locals *from = &plan->locals[i];

        named[i] = *from;
        named[i].tables = xcalloc(from->table_count + 1, sizeof(*named[i].tables));
        for (size_t t = 0; t < from->table_count; t++)
            named[i].tables[t] = name_table(sections, NULL, from->tables[t], notes);
    }
    return named;
}

static void sections_free(struct sections *sections)
{
    for (size_t i = 0; i < sections->count; i++) {
        free(sections->path[i]);
        free(sections->name[i]);
    }
    free(sections->path);
    free(sections->name);
    buffer_free(&sections->text);
}

/* --- each mailbox an alias of itself -------------------------------------------------------- */

static void add_map_table(struct import_map *map, char *name)
{
    map->tables = xrealloc(map->tables, (map->table_count + 1) * sizeof(*map->tables));
    map->tables[map->table_count++] = name;
}

/* The queries of the mailboxes, with the address itself as the value. */
static void add_identity(const struct import_map *mailboxes, struct import_map *aliases,
                         struct sections *sections)
{
    for (size_t t = 0; t < mailboxes->table_count; t++) {
        char *name = free_name(sections, xstrdup("identity"));
        struct buffer section = BUFFER_EMPTY, error = BUFFER_EMPTY;

        if (inline_table(mailboxes->tables[t], name, "result_format", &section, &error)) {
            buffer_printf(
                &sections->text,
                "\n# Each mailbox is an alias of itself, which changes no delivery: so it "
                "is known while the\n# database is away, when \"not found\" is not told for "
                "long.\n%sresult_format = %%S\n",
                buffer_text(&section));
            keep_section(sections, "", xstrdup(name));
            add_map_table(aliases, name);
        } else {
            free(name);
        }
        buffer_free(&section);
        buffer_free(&error);
    }
}

static void consider_identity(const struct import_plan *plan, struct import_map *aliases,
                              struct sections *sections, struct buffer *notes)
{
    const struct import_map *mailboxes = identity_map_of(plan, "virtual_mailbox_maps");
    const struct import_map *own = identity_map_of(plan, "virtual_alias_maps");
    struct buffer detail = BUFFER_EMPTY;

    if (mailboxes == NULL || own == NULL)
        return;
    switch (identity_find(plan, mailboxes, own, &detail)) {
    case IDENTITY_THERE:
        break;
    case IDENTITY_LACKING:
        add_identity(mailboxes, aliases, sections);
        buffer_add_text(notes, "The table identity was added: it makes each mailbox an alias of "
                               "itself, so that it is known while the database is away.\n");
        break;
    case IDENTITY_CATCH_ALL:
        buffer_printf(notes,
                      "No table identity was added: a catch-all (%s) takes mail of mailboxes that "
                      "have no alias, and it would no longer. So while the database is away, mail "
                      "for such mailboxes waits after negative_ttl; vmapctl(1), MOVING OVER, has "
                      "the table.\n",
                      buffer_text(&detail));
        break;
    case IDENTITY_UNKNOWN:
        buffer_printf(notes,
                      "Whether each mailbox is an alias of itself could not be found out (%s). If "
                      "it is not, mail for it waits while the database is away: vmapctl(1), MOVING "
                      "OVER, has the table that helps.\n",
                      buffer_text(&detail));
        break;
    }
    buffer_free(&detail);
}

/* --- the configuration ---------------------------------------------------------------------- */

/* The maps begin with [server]; the control socket is the first line of it. */
static void write_maps(const struct import_plan *plan, const char *control, struct buffer *out)
{
    static const char server[] = "[server]\n";
    struct buffer maps = BUFFER_EMPTY;

    import_write_maps(plan, &maps);
    buffer_add_text(out, server);
    if (control != NULL)
        buffer_printf(out, "control = unix:%s\n", control);
    buffer_add_text(out, buffer_text(&maps) + strlen(server));
    buffer_free(&maps);
}

void install_compose(const struct origin *origin, const char *control, struct buffer *out,
                     struct buffer *notes)
{
    struct import_plan plan = *origin->plan;
    struct sections sections = {BUFFER_EMPTY, NULL, NULL, 0};

    plan.locals = name_local_tables(origin->plan, &sections, notes);
    plan.map = xcalloc(plan.map_count + 1, sizeof(*plan.map));
    for (size_t i = 0; i < plan.map_count; i++) {
        const struct import_map *from = &origin->plan->map[i];

        plan.map[i] = *from;
        plan.map[i].tables = NULL;
        plan.map[i].table_count = 0;
        for (size_t t = 0; t < from->table_count; t++)
            add_map_table(&plan.map[i], name_table(&sections, from, from->tables[t], notes));
        if (from == identity_map_of(origin->plan, "virtual_alias_maps"))
            consider_identity(origin->plan, &plan.map[i], &sections, notes);
    }
    buffer_printf(out,
                  "# vmapd.conf, made by vmapctl import from %s. See vmapd.conf(5).\n"
                  "# It holds passwords: chown root:" GROUP ", chmod 640.\n\n",
                  postconf_directory(origin->postconf));
    write_maps(&plan, control, out);
    buffer_add(out, sections.text.data, sections.text.len);
    lifetimes_write_cache(lifetimes_nearby(origin->plan), out, notes);
    for (size_t i = 0; i < plan.map_count; i++) {
        for (size_t t = 0; t < plan.map[i].table_count; t++)
            free(plan.map[i].tables[t]);
        free(plan.map[i].tables);
    }
    free(plan.map);
    for (size_t i = 0; i < plan.locals_count; i++) {
        for (size_t t = 0; t < plan.locals[i].table_count; t++)
            free(plan.locals[i].tables[t]);
        free(plan.locals[i].tables);
    }
    free(plan.locals);
    sections_free(&sections);
}

/* --- the file ------------------------------------------------------------------------------- */

/* The sample as it was installed: beside the program, or in the source tree that it was built in. */
static bool is_sample(const struct buffer *text)
{
    static const char *const places[] = {"../share/doc/vmapd/examples/vmapd.conf",
                                         "../conf/vmapd.conf"};
    char program[4096];
    ssize_t len = readlink("/proc/self/exe", program, sizeof(program) - 1);
    bool same = false;

    if (len <= 0)
        return false;
    program[len] = '\0';
    *strrchr(program, '/') = '\0';
    for (size_t i = 0; !same && i < sizeof(places) / sizeof(places[0]); i++) {
        char *path = xasprintf("%s/%s", program, places[i]);
        struct buffer sample = BUFFER_EMPTY, error = BUFFER_EMPTY;

        same = whole_file_read(path, &sample, &error) &&
               slice_equal(buffer_slice(&sample), buffer_slice(text));
        buffer_free(&sample);
        buffer_free(&error);
        free(path);
    }
    return same;
}

static bool may_replace(const char *path, bool overwrite, struct buffer *error)
{
    struct buffer old = BUFFER_EMPTY;
    bool may = whole_file_read(path, &old, error) && is_sample(&old);

    if (!may && error->len == 0 && overwrite) {
        char *copy = xasprintf("%s.before-import", path);

        may = whole_file_copy(path, copy, error);
        free(copy);
    } else if (!may && error->len == 0) {
        buffer_printf(error,
                      "%s is there already, and is not the sample; -f replaces it (and keeps a "
                      "copy), -o FILE writes another",
                      path);
    }
    buffer_free(&old);
    return may;
}

bool install_write(const char *path, const struct buffer *text, bool overwrite,
                   struct buffer *error)
{
    const struct group *group = getgrnam(GROUP);
    struct stat status;
    struct file_owner owner = {0, group != NULL ? group->gr_gid : 0, 0640};

    if (stat(path, &status) == 0) {
        if (!may_replace(path, overwrite, error))
            return false;
        owner = (struct file_owner){status.st_uid, status.st_gid, status.st_mode & 07777};
    } else if (errno != ENOENT) {
        buffer_printf(error, "%s: %s", path, strerror(errno));
        return false;
    }
    return whole_file_write(path, buffer_slice(text), &owner, error);
}
