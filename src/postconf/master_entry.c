/* master_entry - see the header. Words are split as Postfix's mystrtokq(3) does it. */
#include "master_entry.h"

#define BLANKS " \t\r\n"

/* Fields before the options, the program among them. */
#define FIELDS 8

/* An option that sets a parameter. */
struct assignment {
    struct slice name, value;
};

static bool is_blank(char c)
{
    return c != '\0' && strchr(BLANKS, c) != NULL;
}

static struct slice trim(struct slice text)
{
    while (text.len > 0 && is_blank(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

/* Cut the next word off the rest; false at its end. Braces hold together. */
static bool next_word(struct slice *rest, struct slice *word)
{
    size_t start = 0, end;
    unsigned depth = 0;

    while (start < rest->len && is_blank(rest->data[start]))
        start++;
    for (end = start; end < rest->len && (depth > 0 || !is_blank(rest->data[end])); end++) {
        if (rest->data[end] == '{')
            depth++;
        else if (rest->data[end] == '}' && depth > 0)
            depth--;
    }
    *word = (struct slice){rest->data + start, end - start};
    *rest = (struct slice){rest->data + end, rest->len - end};
    return word->len > 0;
}

static bool read_assignment(struct slice word, struct assignment *assignment)
{
    const char *equals;

    if (word.len > 1 && word.data[0] == '{' && word.data[word.len - 1] == '}')
        word = (struct slice){word.data + 1, word.len - 2};
    equals = memchr(word.data, '=', word.len);
    if (equals == NULL)
        return false;
    assignment->name = trim((struct slice){word.data, (size_t)(equals - word.data)});
    assignment->value =
        trim((struct slice){equals + 1, word.len - (size_t)(equals + 1 - word.data)});
    return true;
}

/* The rest of the entry from its first option on. */
static struct slice skip_fields(struct slice entry)
{
    struct slice word;

    for (size_t i = 0; i < FIELDS; i++)
        next_word(&entry, &word);
    return entry;
}

/*
 * Cut the next option off: a word, or "-o" and what it sets. False: there is none, the rest is other arguments.
 */
static bool next_option(struct slice *rest, struct slice *option, struct assignment *assignment)
{
    struct slice after = *rest, word, value;

    *assignment = (struct assignment){{"", 0}, {"", 0}};
    if (!next_word(&after, &word) || word.data[0] != '-' || slice_equal(word, slice_of("--")))
        return false;
    *option = word;
    if (slice_equal(word, slice_of("-o")) && next_word(&after, &value)) {
        option->len = (size_t)(value.data + value.len - word.data);
        read_assignment(value, assignment);
    }
    *rest = after;
    return true;
}

size_t master_entry_find(struct slice entry, const char *parameter, struct buffer *value)
{
    struct slice rest = skip_fields(entry), option, last = {"", 0};
    struct assignment assignment;
    size_t count = 0;

    while (next_option(&rest, &option, &assignment))
        if (slice_equal(assignment.name, slice_of(parameter))) {
            last = assignment.value;
            count++;
        }
    if (value != NULL)
        buffer_add(value, last.data, last.len);
    return count;
}

static void add_option(const char *parameter, const char *value, struct buffer *out)
{
    bool in_braces = value[strcspn(value, BLANKS)] != '\0';

    buffer_printf(out, " -o %s%s=%s%s", in_braces ? "{" : "", parameter, value,
                  in_braces ? "}" : "");
}

void master_entry_set(struct slice entry, const char *parameter, const char *value,
                      struct buffer *out)
{
    size_t left = master_entry_find(entry, parameter, NULL);
    struct slice rest = skip_fields(entry), option;
    struct assignment assignment;
    bool is_set = value == NULL;

    buffer_add(out, entry.data, (size_t)(rest.data - entry.data));
    while (next_option(&rest, &option, &assignment)) {
        bool is_last =
            slice_equal(assignment.name, slice_of(parameter)) && (value == NULL || --left == 0);

        if (is_last && value != NULL)
            add_option(parameter, value, out);
        else if (!is_last)
            buffer_printf(out, " %.*s", (int)option.len, option.data);
        is_set = is_set || is_last;
    }
    if (!is_set)
        add_option(parameter, value, out);
    buffer_add(out, rest.data, rest.len);
}
