/*
 * list - see the header. postconf(1) expands whole values only. So the members that hold no
 * '$' are looked for in the expanded value; what stands between two of them there is what the
 * members with a '$' came to.
 */
#include "list.h"

#include <stdlib.h>

#include "buffer.h"
#include "table_list.h"
#include "xmalloc.h"

struct members {
    struct list_member *at;
    size_t count;
};

static struct members split(const char *value)
{
    struct slice rest = slice_of(value);
    struct list_member member;
    struct members members = {NULL, 0};

    while (table_list_next(&rest, &member)) {
        members.at = xrealloc(members.at, (members.count + 1) * sizeof(*members.at));
        members.at[members.count++] = member;
    }
    return members;
}

static bool has_reference(const struct list_member *member)
{
    return memchr(member->text.data, '$', member->text.len) != NULL;
}

static struct import_member *add(struct import_list *list, struct slice text)
{
    struct import_member *member;

    list->member = xrealloc(list->member, (list->count + 1) * sizeof(*list->member));
    member = &list->member[list->count++];
    *member = (struct import_member){.text = xstrndup(text.data, text.len), .pattern = true};
    return member;
}

static void add_member(struct import_list *list, const struct list_member *from)
{
    struct import_member *member = add(list, from->text);

    member->pattern = list_member_is_pattern(from);
    member->negated = from->negated;
    member->proxied = from->proxied;
    if (list_member_is_mysql(from))
        member->table = xstrndup(from->name.data, from->name.len);
    else
        member->composed = names_mysql_table(from->text);
}

/* Members with references, from first to last as written, came to these expanded members. */
static void add_references(struct import_list *list, const struct list_member *first,
                           const struct list_member *last, const struct list_member *expanded,
                           size_t count)
{
    size_t len = (size_t)(last->text.data + last->text.len - first->text.data);
    struct import_member *member;
    bool mysql = false;

    for (size_t i = 0; i < count; i++)
        mysql = mysql || names_mysql_table(expanded[i].text);
    if (mysql) {
        for (size_t i = 0; i < count; i++)
            add_member(list, &expanded[i]);
        return;
    }
    member = add(list, (struct slice){first->text.data, len});
    member->empty = count == 0;
    for (size_t i = 0; i < count; i++)
        member->pattern = member->pattern && list_member_is_pattern(&expanded[i]);
}

/* False: the two cannot be brought together. */
static bool align(struct import_list *list, const struct members *written,
                  const struct members *expanded)
{
    size_t e = 0;

    for (size_t w = 0; w < written->count;) {
        size_t first = w, start = e;

        while (w < written->count && has_reference(&written->at[w]))
            w++;
        while (e < expanded->count &&
               (w == written->count || !slice_equal(written->at[w].text, expanded->at[e].text)))
            e++;
        if (first == w && start != e)
            return false;
        if (first != w)
            add_references(list, &written->at[first], &written->at[w - 1], &expanded->at[start],
                           e - start);
        if (w < written->count && e == expanded->count)
            return false;
        if (w < written->count)
            add_member(list, &expanded->at[e++]);
        w++;
    }
    return e == expanded->count;
}

void import_list_read(struct import_list *list, const char *written, const char *expanded)
{
    struct members as_written = split(written);
    struct members as_expanded = split(expanded);

    *list = (struct import_list){NULL, 0};
    if (!align(list, &as_written, &as_expanded)) {
        import_list_free(list);
        for (size_t i = 0; i < as_expanded.count; i++)
            add_member(list, &as_expanded.at[i]);
    }
    free(as_written.at);
    free(as_expanded.at);
}

void import_list_free(struct import_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->member[i].text);
        free(list->member[i].table);
    }
    free(list->member);
    *list = (struct import_list){NULL, 0};
}
