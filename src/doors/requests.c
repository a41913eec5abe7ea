/* requests - see the header. */
#include "requests.h"

#include "netstring.h"
#include "socketmap.h"
#include "stats.h"

/* A turn ends after so many requests or bytes of replies, so that others have theirs. */
#define TURN_REQUESTS    128
#define TURN_REPLY_BYTES 65536

/* A longer one is passed over: there is room for the name of a map, and a key. */
#define KEPT_MAX (256 + LOOKUP_KEY_MAX)

static void skip(struct slice *input, size_t len)
{
    input->data += len;
    input->len -= len;
}

static enum requests_stop rubbish(struct requests *requests, const char *fault)
{
    requests->fault = fault;
    return REQUESTS_RUBBISH;
}

static enum requests_stop malformed(struct requests *requests)
{
    return rubbish(requests, "malformed netstring");
}

/* Go on behind the request that is passed over, and refuse it when it has come whole. */
static enum requests_stop pass_over(struct requests *requests, struct slice *input,
                                    struct buffer *output)
{
    size_t len = requests->passing < input->len ? requests->passing : input->len;

    requests->passing -= len;
    if (requests->passing == 0 && input->data[len - 1] != ',')
        return malformed(requests);
    skip(input, len);
    if (requests->passing != 0)
        return REQUESTS_PARTIAL;
    stats.lookups++;
    stats.replies[OUTCOME_PERM]++;
    requests->count++;
    socketmap_add_reply(output, OUTCOME_PERM, slice_of(LOOKUP_KEY_REFUSED));
    return REQUESTS_OVER;
}

/* Longer than we keep: is it one to pass over, or none at all? */
static enum requests_stop begin_passing(struct requests *requests, struct slice *input)
{
    size_t len;
    size_t start;

    switch (netstring_length(*input, SOCKETMAP_REQUEST_MAX, &len, &start)) {
    case NETSTRING_COMPLETE:
        skip(input, start);
        requests->passing = len + 1;
        return REQUESTS_OVER;
    case NETSTRING_PARTIAL:
        return REQUESTS_PARTIAL;
    case NETSTRING_MALFORMED:
        return malformed(requests);
    case NETSTRING_TOO_LONG:
        break;
    }
    return rubbish(requests, "request too long");
}

static enum requests_stop answer(struct requests *requests, struct slice payload,
                                 struct buffer *output)
{
    struct lookup_reply reply;
    struct slice map;
    struct slice key;

    if (!socketmap_parse(payload, &map, &key))
        return rubbish(requests, "request is not a map name, a space and a key");
    requests->count++;
    requests->lookup =
        lookup_start(requests->service, map, key, requests->done, requests->arg, &reply);
    if (requests->lookup != NULL)
        return REQUESTS_WAIT;
    socketmap_add_reply(output, reply.outcome, reply.text);
    return REQUESTS_OVER;
}

/* The next one of a turn: REQUESTS_OVER if there may be more of it. */
static enum requests_stop serve_one(struct requests *requests, struct slice *input,
                                    struct buffer *output)
{
    struct slice payload = {NULL, 0};
    size_t consumed = 0;

    if (requests->passing != 0)
        return pass_over(requests, input, output);
    switch (netstring_parse(*input, KEPT_MAX, &payload, &consumed)) {
    case NETSTRING_COMPLETE:
        skip(input, consumed);
        return answer(requests, payload, output);
    case NETSTRING_PARTIAL:
        return REQUESTS_PARTIAL;
    case NETSTRING_MALFORMED:
        return malformed(requests);
    case NETSTRING_TOO_LONG:
        break;
    }
    return begin_passing(requests, input);
}

enum requests_stop requests_serve(struct requests *requests, struct slice *input,
                                  struct buffer *output)
{
    requests->count = 0;
    while (input->len != 0) {
        enum requests_stop stop;

        if (requests->count == TURN_REQUESTS || output->len >= TURN_REPLY_BYTES)
            return REQUESTS_OVER;
        stop = serve_one(requests, input, output);
        if (stop != REQUESTS_OVER)
            return stop;
    }
    return REQUESTS_PARTIAL;
}
