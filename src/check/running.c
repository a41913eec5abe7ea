/* running - see the header. */
#include "running.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control_protocol.h"

/* "PATH, fingerprint HEX", the first line of what vmapd says of its maps. */
static bool is_same(const char *text, uint64_t fingerprint)
{
    static const char before[] = ", fingerprint ";
    const char *at = strstr(text, before);

    return at != NULL && strtoull(at + strlen(before), NULL, 16) == fingerprint;
}

/* A socket whose file is gone cannot be connected to, though vmapd listens. */
static void check_files(struct check *check, const struct config *config)
{
    for (size_t i = 0; i < config->server.listen_count; i++) {
        const struct listen_address *listen = &config->server.listen[i];

        if (listen->kind == LISTEN_UNIX && access(listen->path, F_OK) != 0 && errno == ENOENT)
            check_problem(check,
                          "listen unix:%s: vmapd runs, but the socket is gone, so Postfix cannot "
                          "connect; systemctl restart vmapd.socket vmapd",
                          listen->path);
    }
}

void check_running(struct check *check, const struct config *config, bool is_used, ask_vmapd *ask,
                   void *arg)
{
    static const char *const words[] = {"maps"};
    struct buffer text = BUFFER_EMPTY;
    int status = ask(arg, words, 1, &text);

    if (status == CONTROL_OK && !is_same(buffer_text(&text), config->fingerprint))
        check_problem(check,
                      "%s: vmapd runs with another configuration; vmapctl reload, and if that "
                      "names parameters that need it, systemctl restart vmapd",
                      config->path);
    else if (status == CONTROL_OK)
        check_ok(check, "vmapd runs with %s", config->path);
    else if (strstr(buffer_text(&text), strerror(EACCES)) != NULL)
        check_note(check, "%s; run this as root", buffer_text(&text));
    else if (is_used)
        check_problem(check,
                      "vmapd does not run, and Postfix asks it, so mail is deferred (%s); "
                      "systemctl start vmapd",
                      buffer_text(&text));
    else
        check_note(check, "vmapd does not run (%s)", buffer_text(&text));
    if (status == CONTROL_OK)
        check_files(check, config);
    buffer_free(&text);
}
