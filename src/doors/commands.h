/*
 * commands - what each command of the control socket does. A command is one row of a table:
 * its name, how many arguments it takes, whether it changes something, and the function that runs it.
 */
#ifndef VMAPD_DOORS_COMMANDS_H
#define VMAPD_DOORS_COMMANDS_H

#include <stdbool.h>

#include "buffer.h"
#include "control.h"
#include "control_protocol.h"

struct lookup_service;

#define CONTROL_ARGUMENTS_MAX 8

/*
 * One request on its way. The caller sets the first group; the command fills in its answer. A
 * command that cannot answer at once sets waiting and cancel, and calls finished once it has put
 * its answer in place.
 */
struct control_call {
    struct lookup_service *service;
    const struct control_actions *actions;
    int fd; /* who asks: its credentials are looked at when they matter */
    void (*finished)(struct control_call *call);

    unsigned argument_count;
    struct slice arguments[CONTROL_ARGUMENTS_MAX]; /* after the command's name; borrowed */
    void *waiting;
    struct control_reload reload;
    void (*cancel)(struct control_call *call); /* NULL: nothing is waited for */

    enum control_status status;
    struct buffer text;
};

/*
 * Run the command of a request; request is borrowed until the answer is there. True: status and text
 * hold the answer already. False: finished is called later, exactly once, unless
 * control_call_cancel() comes first.
 */
bool control_call_run(struct control_call *call, struct slice request);
void control_call_cancel(struct control_call *call);

#endif
