/* socketmap - see the header. */
#include "socketmap.h"

#include "netstring.h"

/* The space is always sent, also with nothing behind it: socketmap_table(5). */
#define WORD(text)                                                                                 \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }
static const struct slice words[OUTCOME_COUNT] = {
    [OUTCOME_OK] = WORD("OK "),     [OUTCOME_NOTFOUND] = WORD("NOTFOUND "),
    [OUTCOME_TEMP] = WORD("TEMP "), [OUTCOME_TIMEOUT] = WORD("TIMEOUT "),
    [OUTCOME_PERM] = WORD("PERM "),
};

bool socketmap_parse(struct slice payload, struct slice *map, struct slice *key)
{
    const char *space = payload.len != 0 ? memchr(payload.data, ' ', payload.len) : NULL;

    if (space == NULL || space == payload.data)
        return false;
    *map = (struct slice){payload.data, (size_t)(space - payload.data)};
    *key = (struct slice){space + 1, payload.len - map->len - 1};
    return true;
}

static void add_payload(struct buffer *out, enum outcome outcome, struct slice text)
{
    struct slice word = words[outcome];
    char *place = netstring_add_frame(out, word.len + text.len);

    memcpy(place, word.data, word.len);
    if (text.len != 0)
        memcpy(place + word.len, text.data, text.len);
}

/* A reason may quote what came from a server or a client; it ends in the log of a mail system. */
static void add_failure(struct buffer *out, enum outcome outcome, struct slice reason)
{
    size_t start = out->len;

    if (reason.len > SOCKETMAP_REASON_MAX) {
        reason.len = SOCKETMAP_REASON_MAX;
        /* Do not cut inside of a UTF-8 character: its later bytes are 10xxxxxx. */
        while (reason.len > 0 && ((unsigned char)reason.data[reason.len] & 0xc0) == 0x80)
            reason.len--;
    }
    add_payload(out, outcome, reason);
    buffer_mask_controls(out, start);
}

/* Why Postfix could not take this value, or NULL. */
static const char *value_fault(struct slice value)
{
    if (value.len == 0)
        return "the value is empty";
    if (value.len > SOCKETMAP_REPLY_MAX - words[OUTCOME_OK].len)
        return "the value is too long for a socketmap reply";
    if (memchr(value.data, '\0', value.len) != NULL)
        return "the value contains a NUL byte";
    return NULL;
}

enum outcome socketmap_add_reply(struct buffer *out, enum outcome outcome, struct slice text)
{
    const char *fault;

    switch (outcome) {
    case OUTCOME_OK:
        fault = value_fault(text);
        if (fault != NULL) {
            add_failure(out, OUTCOME_TEMP, slice_of(fault));
            return OUTCOME_TEMP;
        }
        add_payload(out, outcome, text);
        break;
    case OUTCOME_NOTFOUND:
        add_payload(out, outcome, slice_of(""));
        break;
    case OUTCOME_TEMP:
    case OUTCOME_TIMEOUT:
    case OUTCOME_PERM:
        add_failure(out, outcome, text);
        break;
    }
    return outcome;
}
