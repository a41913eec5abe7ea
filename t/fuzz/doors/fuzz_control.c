/*
 * Requests of the control socket, any bytes as words. The first byte chooses what a lookup comes to
 * and whether it waits.
 */
#include "commands.h"

#include <string.h>
#include <sys/socket.h>

#include "../unit/fake_service.h"
#include "fuzz.h"
#include "log.h"

static bool finished;

static void on_finished(struct control_call *call)
{
    (void)call;
    FUZZ_CHECK(!finished);
    finished = true;
}

/* Who waits for a reload, or NULL. */
static struct control_reload *asker;

static void on_reload(void *arg, struct control_reload *from)
{
    (void)arg;
    FUZZ_CHECK(asker == NULL);
    asker = from;
}

static void on_forget(struct control_reload *from)
{
    FUZZ_CHECK(asker == from);
    asker = NULL;
}

/* What was waited for comes. */
static void answer(struct lookup_service *service)
{
    struct control_reload *waiting = asker;

    asker = NULL;
    if (waiting != NULL)
        waiting->done(waiting, true, "reloaded");
    else
        service->lookup.done(service->lookup.arg, &service->reply);
}

/* Our own uid: the peer may change things. */
static int own_socket(void)
{
    static int fds[2] = {-1, -1};

    if (fds[0] < 0) {
        log_open("fuzz", LOG_TARGET_STDERR, LOG_LEVEL_ERROR);
        FUZZ_CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    }
    return fds[0];
}

static void check_answer(const struct control_call *call)
{
    switch (call->status) {
    case CONTROL_OK:
    case CONTROL_NOT_FOUND:
        break;
    case CONTROL_USAGE:
    case CONTROL_TEMPORARY:
        FUZZ_CHECK(call->text.len > 0);
        break;
    case CONTROL_UNREACHABLE:
    case CONTROL_DENIED:
        FUZZ_CHECK(false); /* not for a peer that may do everything */
    }
    FUZZ_CHECK(call->text.len == 0 || call->text.data[call->text.len - 1] == '\n');
    FUZZ_CHECK(call->cancel == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct control_actions actions = {.reload = on_reload, .forget = on_forget};
    static struct lookup_service service;
    uint8_t choice = size > 0 ? data[0] : 0;
    struct control_call call = {
        .service = &service, .actions = &actions, .fd = own_socket(), .finished = on_finished};
    struct slice request = {(const char *)data + (size > 0), size - (size > 0)};

    finished = false;
    service.waits = (choice & 8) != 0;
    service.flush_knows_map = (choice & 16) != 0;
    service.reply = (struct lookup_reply){choice % OUTCOME_COUNT, slice_of("value or reason")};
    if (control_call_run(&call, request)) {
        check_answer(&call);
    } else if (choice & 32) {
        bool is_reload = asker != NULL;

        control_call_cancel(&call);
        FUZZ_CHECK(is_reload ? asker == NULL : service.lookup.cancelled);
    } else {
        answer(&service);
        FUZZ_CHECK(finished);
        check_answer(&call);
    }
    control_call_cancel(&call);
    buffer_free(&call.text);
    return 0;
}
