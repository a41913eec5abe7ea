/* certain - see the header. */
#include "certain.h"

static bool is_plain(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] < 0x20 || text.data[i] > 0x7e || text.data[i] == '?')
            return false;
    return text.len != 0 && text.data[text.len - 1] != ' ';
}

static bool all_plain(struct certain_texts texts)
{
    for (size_t i = 0; i < texts.count; i++)
        if (!is_plain(texts.text[i]))
            return false;
    return true;
}

enum certain_shape certain_shape(struct certain_texts texts, struct slice *domain)
{
    struct slice text = texts.text[0];
    const char *at;

    if (all_plain(texts))
        return CERTAIN_PLAIN;
    at = text.len != 0 ? memrchr(text.data, '@', text.len) : NULL;
    if (texts.count != 1 || at == NULL)
        return CERTAIN_ANYWHERE;
    *domain = (struct slice){at + 1, (size_t)(text.data + text.len - at - 1)};
    return is_plain(*domain) ? CERTAIN_IN_DOMAIN : CERTAIN_ANYWHERE;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* No plain text holds a NUL. */
void certain_fold(struct certain_texts texts, const enum collation_kind *kinds, struct buffer *out)
{
    for (size_t i = 0; i < texts.count; i++) {
        size_t from;

        if (i != 0)
            buffer_add_char(out, '\0');
        from = out->len;
        buffer_add(out, texts.text[i].data, texts.text[i].len);
        for (size_t j = from; kinds[i] != COLLATION_EXACT && j < out->len; j++)
            out->data[j] = lower(out->data[j]);
    }
}

bool certain_is_split(const enum collation_kind *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (kinds[i] == COLLATION_SPLITS)
            return true;
    return false;
}

enum certain certain_judge(const struct certain_case *known)
{
    if (known->key != CERTAIN_PLAIN || known->has_exotic_row)
        return CERTAIN_ASK;
    if (!known->has_row)
        return CERTAIN_NOT_FOUND;
    return known->is_split ? CERTAIN_ASK : CERTAIN_FOUND;
}
