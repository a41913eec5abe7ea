/* What comes over the wire: any bytes as requests, and any bytes as values and reasons of replies. */
#include "fuzz.h"
#include "netstring.h"
#include "socketmap.h"

static void check_same_frame(struct slice input, struct slice payload, size_t consumed)
{
    struct buffer again = BUFFER_EMPTY;

    FUZZ_CHECK(consumed <= input.len);
    FUZZ_CHECK(payload.data >= input.data);
    FUZZ_CHECK(payload.data + payload.len == input.data + consumed - 1);
    netstring_add(&again, payload);
    FUZZ_CHECK(slice_equal(buffer_slice(&again), (struct slice){input.data, consumed}));
    buffer_free(&again);
}

/* However the input is cut, the answer is "more" up to the deciding byte, and the same after it. */
static void check_fragments(struct slice input, size_t most, enum netstring_state whole,
                            size_t whole_consumed)
{
    enum netstring_state last = NETSTRING_PARTIAL;

    for (size_t len = 0; len <= input.len; len++) {
        struct slice payload = {NULL, 0};
        size_t consumed = 0;
        enum netstring_state state =
            netstring_parse((struct slice){input.data, len}, most, &payload, &consumed);

        FUZZ_CHECK(last == NETSTRING_PARTIAL || state == last);
        FUZZ_CHECK(state == NETSTRING_PARTIAL || state == whole);
        FUZZ_CHECK(state != NETSTRING_COMPLETE || consumed == whole_consumed);
        FUZZ_CHECK(state != NETSTRING_COMPLETE || len >= consumed);
        FUZZ_CHECK(state != NETSTRING_COMPLETE || payload.len <= most);
        last = state;
    }
    FUZZ_CHECK(last == whole);
}

static void check_request(struct slice payload)
{
    struct slice map;
    struct slice key;

    if (!socketmap_parse(payload, &map, &key)) {
        FUZZ_CHECK(payload.len == 0 || payload.data[0] == ' ' ||
                   memchr(payload.data, ' ', payload.len) == NULL);
        return;
    }
    FUZZ_CHECK(map.len > 0 && map.data == payload.data);
    FUZZ_CHECK(memchr(map.data, ' ', map.len) == NULL);
    FUZZ_CHECK(key.data == map.data + map.len + 1);
    FUZZ_CHECK(map.len + 1 + key.len == payload.len);
}

static bool begins_with(struct slice payload, const char *word)
{
    return payload.len >= strlen(word) && memcmp(payload.data, word, strlen(word)) == 0;
}

/* A reply is one frame that Postfix accepts; OK carries the value whole or is not OK. */
static void check_reply(enum outcome outcome, struct slice text)
{
    static const char *const words[OUTCOME_COUNT] = {"OK ", "NOTFOUND ", "TEMP ", "TIMEOUT ",
                                                     "PERM "};
    struct buffer out = BUFFER_EMPTY;
    enum outcome sent = socketmap_add_reply(&out, outcome, text);
    struct slice payload = {NULL, 0};
    size_t consumed = 0;

    FUZZ_CHECK(sent == outcome || (outcome == OUTCOME_OK && sent == OUTCOME_TEMP));
    FUZZ_CHECK(netstring_parse(buffer_slice(&out), SOCKETMAP_REPLY_MAX, &payload, &consumed) ==
               NETSTRING_COMPLETE);
    FUZZ_CHECK(consumed == out.len);
    FUZZ_CHECK(begins_with(payload, words[sent]));
    if (sent == OUTCOME_OK)
        FUZZ_CHECK(text.len > 0 &&
                   slice_equal(text, (struct slice){payload.data + 3, payload.len - 3}));
    else if (sent == OUTCOME_NOTFOUND)
        FUZZ_CHECK(payload.len == strlen(words[sent]));
    else
        for (size_t i = 0; i < payload.len; i++)
            FUZZ_CHECK((unsigned char)payload.data[i] >= ' ' && payload.data[i] != 0x7f);
    /* What Postfix would see is a C string. */
    FUZZ_CHECK(memchr(payload.data, '\0', payload.len) == NULL);
    buffer_free(&out);
}

/* Read the input as a client's requests, one after the other. */
static void read_stream(struct slice input, size_t most)
{
    for (;;) {
        struct slice payload = {NULL, 0};
        size_t consumed = 0;
        enum netstring_state state = netstring_parse(input, most, &payload, &consumed);

        check_fragments(input, most, state, consumed);
        if (state != NETSTRING_COMPLETE)
            return;
        check_same_frame(input, payload, consumed);
        check_request(payload);
        input = (struct slice){input.data + consumed, input.len - consumed};
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = {(const char *)data, size};

    read_stream(input, SOCKETMAP_REQUEST_MAX);
    if (size > 0)
        read_stream(input, data[size - 1]); /* limits that are near */
    check_request(input);
    for (int outcome = 0; outcome < OUTCOME_COUNT; outcome++)
        check_reply((enum outcome)outcome, input);
    return 0;
}
