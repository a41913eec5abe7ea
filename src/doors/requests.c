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

static const char malformed[] = "malformed netstring";

/* What serving is about. */
struct serving {
    struct requests *requests;
    struct lookup_service *service;
    struct slice rest;
    lookup_done *done;
    void *arg;
    struct buffer *output;
    struct requests_served served;
};

static void use(struct serving *serving, size_t len)
{
    serving->served.used += len;
    serving->rest.data += len;
    serving->rest.len -= len;
}

static bool rubbish(struct serving *serving, const char *fault)
{
    serving->served.stop = REQUESTS_RUBBISH;
    serving->served.fault = fault;
    return false;
}

/* Go on behind the request that is passed over, and refuse it when it has come whole. */
static bool pass_over(struct serving *serving)
{
    struct requests *requests = serving->requests;
    size_t len = requests->passing < serving->rest.len ? requests->passing : serving->rest.len;

    if (len == 0)
        return false;
    requests->passing -= len;
    if (requests->passing == 0 && serving->rest.data[len - 1] != ',')
        return rubbish(serving, malformed);
    use(serving, len);
    if (requests->passing != 0)
        return false;
    stats.lookups++;
    stats.replies[OUTCOME_PERM]++;
    serving->served.count++;
    socketmap_add_reply(serving->output, OUTCOME_PERM, slice_of(LOOKUP_KEY_REFUSED));
    return true;
}

/* Longer than we keep: is it one to pass over, or none at all? */
static bool begin_passing(struct serving *serving)
{
    size_t len;
    size_t start;

    switch (netstring_length(serving->rest, SOCKETMAP_REQUEST_MAX, &len, &start)) {
    case NETSTRING_COMPLETE:
        use(serving, start);
        serving->requests->passing = len + 1;
        return true;
    case NETSTRING_PARTIAL:
        return false;
    case NETSTRING_MALFORMED:
        return rubbish(serving, malformed);
    case NETSTRING_TOO_LONG:
        break;
    }
    return rubbish(serving, "request too long");
}

static bool answer(struct serving *serving, struct slice payload)
{
    struct lookup_reply reply;
    struct slice map;
    struct slice key;

    if (!socketmap_parse(payload, &map, &key))
        return rubbish(serving, "request is not a map name, a space and a key");
    serving->served.count++;
    serving->served.lookup =
        lookup_start(serving->service, map, key, serving->done, serving->arg, &reply);
    if (serving->served.lookup == NULL) {
        socketmap_add_reply(serving->output, reply.outcome, reply.text);
        return true;
    }
    serving->served.stop = REQUESTS_WAIT;
    serving->served.lookup_len = payload.len;
    return false;
}

/* The next one. False: it goes no further. */
static bool serve_one(struct serving *serving)
{
    struct slice payload = {NULL, 0};
    size_t consumed = 0;

    if (serving->requests->passing != 0)
        return pass_over(serving);
    switch (netstring_parse(serving->rest, KEPT_MAX, &payload, &consumed)) {
    case NETSTRING_COMPLETE:
        use(serving, consumed);
        return answer(serving, payload);
    case NETSTRING_PARTIAL:
        return false;
    case NETSTRING_MALFORMED:
        return rubbish(serving, malformed);
    case NETSTRING_TOO_LONG:
        break;
    }
    return begin_passing(serving);
}

struct requests_served requests_serve(struct requests *requests, struct lookup_service *service,
                                      struct slice input, lookup_done *done, void *arg,
                                      struct buffer *output)
{
    struct serving serving = {requests, service, input, done, arg, output, {REQUESTS_PARTIAL}};

    while (serving.served.count < TURN_REQUESTS && output->len < TURN_REPLY_BYTES)
        if (!serve_one(&serving))
            return serving.served;
    if (serving.rest.len != 0)
        serving.served.stop = REQUESTS_OVER;
    return serving.served;
}
