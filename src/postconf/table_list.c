/* table_list - see the header. */
#include "table_list.h"

static bool is_separator(char c)
{
    return c != '\0' && strchr(", \t\r\n", c) != NULL;
}

static bool slice_is(struct slice slice, const char *text)
{
    return slice_equal(slice, slice_of(text));
}

/* Split "type:name" at the first ':'. An address in brackets is not a table. */
static void split_type(struct slice text, struct slice *type, struct slice *name)
{
    const char *colon = text.len > 0 && text.data[0] != '[' && text.data[0] != '/'
                            ? memchr(text.data, ':', text.len)
                            : NULL;

    *type = (struct slice){text.data, colon != NULL ? (size_t)(colon - text.data) : 0};
    *name = text;
    if (colon != NULL)
        *name = (struct slice){colon + 1, text.len - type->len - 1};
}

static void understand(struct list_member *member)
{
    struct slice rest = member->text;

    member->negated = false;
    for (; rest.len > 0 && rest.data[0] == '!'; rest.data++, rest.len--)
        member->negated = !member->negated;
    split_type(rest, &member->type, &member->name);
    member->proxied = slice_is(member->type, "proxy");
    if (member->proxied)
        split_type(member->name, &member->type, &member->name);
}

bool table_list_next(struct slice *list, struct list_member *member)
{
    size_t start = 0, end;
    unsigned depth = 0;

    while (start < list->len && is_separator(list->data[start]))
        start++;
    for (end = start; end < list->len; end++) {
        char c = list->data[end];

        if (c == '{')
            depth++;
        else if (c == '}' && depth > 0)
            depth--;
        else if (depth == 0 && is_separator(c))
            break;
    }
    member->text = (struct slice){list->data + start, end - start};
    *list = (struct slice){list->data + end, list->len - end};
    if (member->text.len == 0)
        return false;
    understand(member);
    return true;
}

bool table_list_has(const char *list, const char *member)
{
    struct slice rest = slice_of(list);
    struct list_member each;

    while (table_list_next(&rest, &each))
        if (slice_is(each.text, member))
            return true;
    return false;
}

bool list_member_is_mysql(const struct list_member *member)
{
    return slice_is(member->type, "mysql");
}

bool list_member_is_pattern(const struct list_member *member)
{
    static const char *const types[] = {"pcre", "regexp",    "cidr",    "tcp",
                                        "fail", "socketmap", "randmap", NULL};

    for (size_t i = 0; types[i] != NULL; i++)
        if (slice_is(member->type, types[i]))
            return true;
    return false;
}

bool names_mysql_table(struct slice text)
{
    static const char word[] = "mysql:";
    const size_t len = strlen(word);

    for (size_t i = 0; i + len <= text.len; i++) {
        bool begins = i == 0 || strchr(", \t\r\n:{!", text.data[i - 1]) != NULL;

        if (begins && memcmp(text.data + i, word, len) == 0)
            return true;
    }
    return false;
}
