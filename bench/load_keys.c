/* load_keys - see the header. */
#include "load_keys.h"

#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "netstring.h"
#include "xmalloc.h"

void load_keys_expand(struct buffer *out, const char *template, const char *text)
{
    const char *place = strstr(template, "%s");

    if (place == NULL) {
        buffer_add_text(out, template);
        return;
    }
    buffer_add(out, template, (size_t)(place - template));
    buffer_add_text(out, text);
    buffer_add_text(out, place + 2);
}

static void add(struct load_keys *keys, const char *map, const char *key, const char *reply)
{
    struct buffer request = BUFFER_EMPTY;
    struct load_key *entry;

    if (keys->count == keys->capacity) {
        keys->capacity = keys->capacity != 0 ? 2 * keys->capacity : 1024;
        keys->key = xrealloc(keys->key, keys->capacity * sizeof(*keys->key));
    }
    entry = &keys->key[keys->count++];
    buffer_printf(&request, "%s %s", map, key);
    entry->request_at = keys->text.len;
    netstring_add(&keys->text, buffer_slice(&request));
    entry->reply_at = keys->text.len;
    netstring_add(&keys->text, slice_of(reply));
    entry->request_len = entry->reply_at - entry->request_at;
    entry->reply_len = keys->text.len - entry->reply_at;
    buffer_free(&request);
}

static void add_line(struct load_keys *keys, char *line, const char *map,
                     const char *reply_template)
{
    char *tab = strchr(line, '\t');
    struct buffer reply = BUFFER_EMPTY;

    if (tab != NULL) {
        *tab = '\0';
        add(keys, map, line, tab + 1);
        return;
    }
    load_keys_expand(&reply, reply_template, line);
    add(keys, map, line, buffer_text(&reply));
    buffer_free(&reply);
}

void load_keys_read(struct load_keys *keys, const char *path, const char *map,
                    const char *reply_template)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;
    ssize_t len;

    if (file == NULL)
        log_fatal("cannot open %s", path);
    while ((len = getline(&line, &size, file)) > 0) {
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        add_line(keys, line, map, reply_template);
    }
    free(line);
    fclose(file);
    if (keys->count == 0)
        log_fatal("%s: no keys", path);
}

void load_keys_make(struct load_keys *keys, const char *key_template, size_t count, const char *map,
                    const char *reply_template)
{
    struct buffer key = BUFFER_EMPTY;

    for (size_t i = 0; i < count; i++) {
        char number[24];

        snprintf(number, sizeof(number), "%zu", i);
        buffer_clear(&key);
        load_keys_expand(&key, key_template, number);
        add_line(keys, key.data, map, reply_template);
    }
    buffer_free(&key);
}

void load_keys_free(struct load_keys *keys)
{
    free(keys->key);
    buffer_free(&keys->text);
    *keys = (struct load_keys){0};
}
