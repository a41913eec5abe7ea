/*
 * What a client sends: the replies are the same in however many pieces it comes, which the first byte
 * says, and each piece ends with less to keep than a request may have.
 */
#include "requests.h"

#include <string.h>

#include "../unit/fake_service.h"
#include "fuzz.h"

#define KEPT_MAX (2 * LOOKUP_KEY_MAX)

static struct lookup_service service = {.reply = {OUTCOME_OK, {"value", 5}}};

/* Turns until it goes no further. Whether the connection is at its end. */
static bool have_turns(struct requests *requests, struct slice *input, struct buffer *replies)
{
    struct buffer output = BUFFER_EMPTY;
    enum requests_stop stop;

    do {
        size_t before = input->len;

        stop = requests_serve(requests, input, &output);
        FUZZ_CHECK(input->len <= before);
        FUZZ_CHECK(stop != REQUESTS_OVER || input->len < before);
        buffer_add(replies, buffer_text(&output), output.len);
        buffer_clear(&output);
    } while (stop == REQUESTS_OVER);
    FUZZ_CHECK(stop != REQUESTS_WAIT); /* the service answers at once */
    FUZZ_CHECK((stop == REQUESTS_RUBBISH) == (requests->fault != NULL));
    buffer_free(&output);
    return stop == REQUESTS_RUBBISH;
}

/* As a client does: what is left over is kept, and what comes next stands behind it. */
static bool serve_in_pieces(struct slice all, size_t piece, struct buffer *replies)
{
    struct requests requests = {.service = &service};
    struct buffer kept = BUFFER_EMPTY;
    bool ended = false;

    while (all.len > 0 && !ended) {
        size_t len = piece < all.len ? piece : all.len;
        struct slice input;

        buffer_add(&kept, all.data, len);
        all = (struct slice){all.data + len, all.len - len};
        input = buffer_slice(&kept);
        ended = have_turns(&requests, &input, replies);
        FUZZ_CHECK(ended || input.len < KEPT_MAX);
        buffer_consume(&kept, kept.len - input.len);
    }
    buffer_free(&kept);
    return ended;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice all = {(const char *)data + (size > 0), size - (size > 0)};
    struct buffer at_once = BUFFER_EMPTY;
    struct buffer in_pieces = BUFFER_EMPTY;
    bool ended = serve_in_pieces(all, SIZE_MAX, &at_once);

    FUZZ_CHECK(serve_in_pieces(all, size > 0 ? 1u + data[0] : 1, &in_pieces) == ended);
    FUZZ_CHECK(at_once.len == in_pieces.len);
    FUZZ_CHECK(memcmp(buffer_text(&at_once), buffer_text(&in_pieces), at_once.len) == 0);
    buffer_free(&at_once);
    buffer_free(&in_pieces);
    return 0;
}
