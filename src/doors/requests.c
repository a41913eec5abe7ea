/* requests - see the header. */
#include "requests.h"

#include "netstring.h"
#include "socketmap.h"

/* A turn ends after so many requests or bytes of replies, so that others have theirs. */
#define TURN_REQUESTS    128
#define TURN_REPLY_BYTES 65536

/* Why the input is no request, or NULL. */
static const char *fault_of(enum netstring_state state, struct slice payload, struct slice *map,
                            struct slice *key)
{
    if (state == NETSTRING_MALFORMED)
        return "malformed netstring";
    if (state == NETSTRING_TOO_LONG)
        return "request too long";
    if (!socketmap_parse(payload, map, key))
        return "request is not a map name, a space and a key";
    return NULL;
}

struct requests_served requests_serve(struct lookup_service *service, struct slice input,
                                      lookup_done *done, void *arg, struct buffer *output)
{
    struct requests_served served = {.stop = REQUESTS_PARTIAL};

    for (unsigned count = 0; served.lookup == NULL; count++) {
        struct slice rest = {input.data + served.used, input.len - served.used};
        struct slice payload = {NULL, 0};
        size_t consumed = 0;
        struct slice map;
        struct slice key;
        struct lookup_reply reply;
        enum netstring_state state =
            netstring_parse(rest, SOCKETMAP_REQUEST_MAX, &payload, &consumed);

        if (state == NETSTRING_PARTIAL)
            return served;
        if (count == TURN_REQUESTS || output->len >= TURN_REPLY_BYTES) {
            served.stop = REQUESTS_OVER;
            return served;
        }
        served.fault = fault_of(state, payload, &map, &key);
        if (served.fault != NULL) {
            served.stop = REQUESTS_RUBBISH;
            return served;
        }
        served.used += consumed;
        served.lookup = lookup_start(service, map, key, done, arg, &reply);
        if (served.lookup == NULL)
            socketmap_add_reply(output, reply.outcome, reply.text);
    }
    served.stop = REQUESTS_WAIT;
    return served;
}
