/* start - see the header. */
#include "start.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "config.h"
#include "control_protocol.h"
#include "remote.h"

#define READY_TRIES 100 /* a tenth of a second each */

static bool answers(const struct vmapctl *run)
{
    static const char *const ping[] = {"ping"};
    struct buffer text = BUFFER_EMPTY;
    bool good = remote_ask_for((void *)(size_t)run, ping, 1, &text) == CONTROL_OK;

    buffer_free(&text);
    return good;
}

static bool wait_for_answer(const struct vmapctl *run)
{
    const struct timespec pause = {0, 100000000};

    for (int i = 0; i < READY_TRIES; i++) {
        if (answers(run))
            return true;
        nanosleep(&pause, NULL);
    }
    fprintf(stderr, "vmapctl import: vmapd does not answer at %s; its log says why\n", run->socket);
    return false;
}

static bool restart_service(void)
{
    static const char command[] =
        "systemctl enable --now vmapd.socket vmapd-control.socket && systemctl enable "
        "vmapd.service && systemctl restart vmapd.service";
    static const char *const words[] = {"sh", "-c", command, NULL};
    struct buffer out = BUFFER_EMPTY, complaints = BUFFER_EMPTY;
    bool good = child_run(&(struct child){words, {"", 0}, NULL}, &out, &complaints) == 0;

    if (good)
        puts("vmapd is enabled, and restarted.");
    else
        fprintf(stderr, "vmapctl import: %s: %s\n", command, child_last_line(&complaints));
    buffer_free(&out);
    buffer_free(&complaints);
    return good;
}

static bool reload(const struct vmapctl *run, const char *config)
{
    static const char *const words[] = {"reload"};
    struct buffer text = BUFFER_EMPTY;
    int status = remote_ask_for((void *)(size_t)run, words, 1, &text);

    if (status == CONTROL_OK)
        printf("vmapd is reloaded: %s", buffer_text(&text));
    else if (status == CONTROL_UNREACHABLE)
        fprintf(stderr,
                "vmapctl import: vmapd does not run, and there is no systemd to start it; "
                "start it (vmapd -c %s), then: vmapctl check; vmapctl compare\n",
                config);
    else
        fprintf(stderr, "vmapctl import: %s", buffer_text(&text));
    buffer_free(&text);
    return status == CONTROL_OK;
}

bool start_vmapd(const struct vmapctl *run, const char *config)
{
    if (access("/run/systemd/system", F_OK) == 0 && strcmp(config, CONFIG_DEFAULT_PATH) == 0)
        return restart_service() && wait_for_answer(run);
    return reload(run, config);
}
