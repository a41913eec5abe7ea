/* commands - see the header. A new command is a row of control_commands.h and run_NAME() here. */
#include "commands.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "control_commands.h"
#include "embed.h"
#include "explain.h"
#include "log.h"
#include "lookup.h"
#include "peer.h"
#include "report.h"
#include "version.h"

static bool answer(struct control_call *call, enum control_status status)
{
    call->status = status;
    return true;
}

static bool run_ping(struct control_call *call)
{
    buffer_add_text(&call->text, "vmapd " VMAPD_VERSION " is alive\n");
    return answer(call, CONTROL_OK);
}

/* --- stats ---------------------------------------------------------------------------------- */

static bool run_stats(struct control_call *call)
{
    static const struct {
        const char *option;
        void (*render)(const struct report *report, struct buffer *out);
    } formats[] = {{"", report_text}, {"--json", report_json}, {"--prometheus", report_prometheus}};
    struct slice option = call->argument_count > 0 ? call->arguments[0] : slice_of("");
    struct report *report;

    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (!slice_equal(option, slice_of(formats[i].option)))
            continue;
        report = report_new(call->service, clock_ms());
        formats[i].render(report, &call->text);
        report_free(report);
        return answer(call, CONTROL_OK);
    }
    buffer_add_text(&call->text, "stats: expected --json, --prometheus or nothing\n");
    return answer(call, CONTROL_USAGE);
}

/* --- maps ----------------------------------------------------------------------------------- */

static void add_map(const struct map_def *map, struct buffer *text)
{
    buffer_printf(text, "%s:", map->name);
    for (size_t i = 0; i < map->table_count; i++)
        buffer_printf(text, "%s %s", i > 0 ? "," : "", map->tables[i]->name);
    for (size_t i = 0; i < map->local_table_count; i++)
        buffer_printf(text, "%s%s", i > 0 ? ", " : "; local domains: ", map->local_tables[i]->name);
    buffer_add_char(text, '\n');
}

/* The first line is what vmapctl check looks at. */
static bool run_maps(struct control_call *call)
{
    const struct config *config = lookup_service_config(call->service);

    if (config == NULL)
        return answer(call, CONTROL_TEMPORARY);
    buffer_printf(&call->text, "%s, fingerprint %016" PRIx64 "\n", config->path,
                  config->fingerprint);
    for (size_t i = 0; i < config->map_count; i++)
        add_map(config->maps[i], &call->text);
    return answer(call, CONTROL_OK);
}

/* --- lookup --------------------------------------------------------------------------------- */

static bool answer_no_map(struct control_call *call)
{
    const struct config *config = lookup_service_config(call->service);

    buffer_add_text(&call->text, "no such map: ");
    buffer_add(&call->text, call->arguments[0].data, call->arguments[0].len);
    for (size_t i = 0; config != NULL && i < config->map_count; i++)
        buffer_printf(&call->text, "%s%s", i > 0 ? ", " : "; there are: ", config->maps[i]->name);
    buffer_add_char(&call->text, '\n');
    return answer(call, CONTROL_USAGE);
}

/* Whether the second argument is no key that any map would be asked for. */
static bool is_too_long(const struct control_call *call)
{
    return call->arguments[1].len > LOOKUP_KEY_MAX;
}

static bool answer_too_long(struct control_call *call)
{
    buffer_add_text(&call->text, LOOKUP_KEY_REFUSED "\n");
    return answer(call, CONTROL_USAGE);
}

static bool answer_lookup(struct control_call *call, const struct lookup_reply *reply)
{
    switch (reply->outcome) {
    case OUTCOME_NOTFOUND:
        return answer(call, CONTROL_NOT_FOUND);
    case OUTCOME_PERM:
        return is_too_long(call) ? answer_too_long(call) : answer_no_map(call);
    case OUTCOME_OK:
    case OUTCOME_TEMP:
    case OUTCOME_TIMEOUT:
        break;
    }
    buffer_add(&call->text, reply->text.data, reply->text.len);
    if (reply->outcome != OUTCOME_OK)
        buffer_mask_controls(&call->text, 0); /* it may quote what a server said */
    buffer_add_char(&call->text, '\n');
    return answer(call, reply->outcome == OUTCOME_OK ? CONTROL_OK : CONTROL_TEMPORARY);
}

static void on_lookup_done(void *arg, const struct lookup_reply *reply)
{
    struct control_call *call = arg;

    call->cancel = NULL;
    answer_lookup(call, reply);
    call->finished(call);
}

static void cancel_lookup(struct control_call *call)
{
    lookup_cancel(call->waiting);
}

static bool run_lookup(struct control_call *call)
{
    struct lookup_reply reply;
    struct lookup *lookup = lookup_start(call->service, call->arguments[0], call->arguments[1],
                                         on_lookup_done, call, &reply);

    if (lookup == NULL)
        return answer_lookup(call, &reply);
    call->waiting = lookup;
    call->cancel = cancel_lookup;
    return false;
}

/* --- explain -------------------------------------------------------------------------------- */

static void on_explained(void *arg, enum outcome outcome, const struct buffer *text)
{
    struct control_call *call = arg;

    call->cancel = NULL;
    buffer_add(&call->text, text->data, text->len);
    if (outcome == OUTCOME_OK || outcome == OUTCOME_NOTFOUND)
        answer(call, outcome == OUTCOME_OK ? CONTROL_OK : CONTROL_NOT_FOUND);
    else
        answer(call, outcome == OUTCOME_PERM ? CONTROL_USAGE : CONTROL_TEMPORARY);
    call->finished(call);
}

static void cancel_explain(struct control_call *call)
{
    explain_cancel(call->waiting);
}

static bool run_explain(struct control_call *call)
{
    struct explain *explain;

    if (is_too_long(call))
        return answer_too_long(call);
    explain =
        explain_start(call->service, call->arguments[0], call->arguments[1], on_explained, call);
    if (explain == NULL)
        return answer_no_map(call);
    call->waiting = explain;
    call->cancel = cancel_explain;
    return false;
}

/* --- commands that change something ----------------------------------------------------------- */

/* One argument that is no map is a key, which all maps forget. A map's name never has an '@'. */
static bool flush_key(struct control_call *call, size_t *entries)
{
    const struct config *config = lookup_service_config(call->service);
    const struct slice *key = &call->arguments[0];

    if (config == NULL || memchr(key->data, '@', key->len) == NULL)
        return false;
    for (size_t i = 0; i < config->map_count; i++) {
        struct slice map = slice_of(config->maps[i]->name);
        size_t some = 0;

        lookup_flush(call->service, &map, key, &some);
        *entries += some;
    }
    return true;
}

static bool run_flush(struct control_call *call)
{
    const struct slice *map = call->argument_count > 0 ? &call->arguments[0] : NULL;
    const struct slice *key = call->argument_count > 1 ? &call->arguments[1] : NULL;
    size_t entries = 0;

    if (!lookup_flush(call->service, map, key, &entries) &&
        (key != NULL || !flush_key(call, &entries)))
        return answer_no_map(call);
    if (call->actions->flushed != NULL)
        call->actions->flushed(call->actions->arg);
    buffer_printf(&call->text, "%zu %s flushed\n", entries, entries == 1 ? "entry" : "entries");
    log_info("control: flush of %.*s%s: %zu entries", map != NULL ? (int)map->len : 3,
             map != NULL ? map->data : "all", key != NULL ? ", one key" : "", entries);
    return answer(call, CONTROL_OK);
}

static void on_reloaded(struct control_reload *asker, bool is_good, const char *message)
{
    struct control_call *call = OWNER_OF(asker, struct control_call, reload);

    call->cancel = NULL;
    buffer_add_text(&call->text, message);
    if (call->text.len > 0 && call->text.data[call->text.len - 1] != '\n')
        buffer_add_char(&call->text, '\n');
    answer(call, is_good ? CONTROL_OK : CONTROL_FAILED);
    call->finished(call);
}

static void cancel_reload(struct control_call *call)
{
    call->actions->forget(&call->reload);
}

static bool run_reload(struct control_call *call)
{
    call->reload.done = on_reloaded;
    call->cancel = cancel_reload;
    call->actions->reload(call->actions->arg, &call->reload);
    return false;
}

/* --- the table ------------------------------------------------------------------------------ */

struct command {
    const char *name;
    unsigned least_arguments;
    unsigned most_arguments;
    bool changes;                           /* only for those whom peer_may_command() lets */
    bool (*run)(struct control_call *call); /* false: the answer comes later */
};

#define ROW(name, arguments, help, fewest, most, changes, ask, wait_s)                             \
    {#name, fewest, most, changes, run_##name},

static const struct command commands[] = {CONTROL_COMMANDS(ROW)};

static const struct command *find_command(struct slice name)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (slice_equal(name, slice_of(commands[i].name)))
            return &commands[i];
    return NULL;
}

static bool may_change(int fd)
{
    static struct log_limit denied;
    struct peer peer;
    gid_t group;
    bool may;

    if (!peer_get(fd, &peer))
        return false;
    may = peer_may_command(&peer, geteuid(), peer_socket_group(fd, &group) ? &group : NULL);
    if (!may)
        log_limited(&denied, clock_ms(), LOG_LEVEL_WARNING,
                    "control: uid %u may not change anything", (unsigned)peer.uid);
    peer_free(&peer);
    return may;
}

/* The bytes up to the next NUL; request goes on behind it. False at the end. */
static bool next_word(struct slice *request, bool *more, struct slice *word)
{
    const char *end = *more && request->len > 0 ? memchr(request->data, '\0', request->len) : NULL;

    if (!*more)
        return false;
    *word = *request;
    *more = end != NULL;
    if (end != NULL) {
        word->len = (size_t)(end - request->data);
        *request = (struct slice){end + 1, request->len - word->len - 1};
    }
    return true;
}

/* False: there are more than a command can have. */
static bool split_arguments(struct control_call *call, struct slice request, struct slice *name)
{
    bool more = true;
    struct slice word;

    next_word(&request, &more, name);
    while (next_word(&request, &more, &word)) {
        if (call->argument_count == CONTROL_ARGUMENTS_MAX)
            return false;
        call->arguments[call->argument_count++] = word;
    }
    return true;
}

bool control_call_run(struct control_call *call, struct slice request)
{
    const struct command *command;
    struct slice name;
    bool fits = split_arguments(call, request, &name);

    command = find_command(name);
    if (command == NULL) {
        buffer_add_text(&call->text, "unknown command\n");
        return answer(call, CONTROL_USAGE);
    }
    if (!fits || call->argument_count < command->least_arguments ||
        call->argument_count > command->most_arguments) {
        buffer_printf(&call->text, "%s: wrong number of arguments\n", command->name);
        return answer(call, CONTROL_USAGE);
    }
    if (command->changes && !may_change(call->fd)) {
        buffer_printf(&call->text,
                      "%s: permission denied: only for root, the user of vmapd and members of the "
                      "control socket's group\n",
                      command->name);
        return answer(call, CONTROL_DENIED);
    }
    return command->run(call);
}

void control_call_cancel(struct control_call *call)
{
    if (call->cancel != NULL)
        call->cancel(call);
    call->cancel = NULL;
}
