/* check_command - the subcommand check: options, and the order of things; see checks.h. */
#include <getopt.h>
#include <stdio.h>
#include <unistd.h>

#include "accounts.h"
#include "configuration.h"
#include "databases.h"
#include "files.h"
#include "mirrors.h"
#include "outage.h"
#include "postfix.h"
#include "running.h"
#include "sockets.h"
#include "streams.h"
#include "control_protocol.h"
#include "log.h"
#include "remote.h"
#include "vmapctl.h"

#define POSTFIX_DIRECTORY "/etc/postfix"

/* How long vmapd may take for a lookup. */
#define ANSWER_TIMEOUT_S 60

/* Whom vmapd.service runs vmapd as. */
#define VMAPD_USER "vmapd"

struct check_options {
    const char *config;
    const char *postfix;
    bool postfix_named;
};

/* What there is so far, before something that takes time. */
static void print(struct check *check)
{
    fputs(buffer_text(&check->text), stdout);
    fflush(stdout);
    buffer_clear(&check->text);
}

/* NULL: there is no Postfix to compare with; only one that was named must be there. */
static struct postconf *find_postfix(struct check *check, const struct check_options *options)
{
    struct buffer error = BUFFER_EMPTY;
    struct postconf *postconf = postconf_read(options->postfix, &error);

    if (postconf == NULL && options->postfix_named)
        check_problem(check, "%s", buffer_text(&error));
    else if (postconf == NULL)
        check_note(check, "Postfix is not checked: %s", buffer_text(&error));
    buffer_free(&error);
    return postconf;
}

/* What stops mail today first, then what would in an outage. */
static void check_all(struct check *check, const struct config *config,
                      const struct check_options *options, void *asking)
{
    const char *user = config->server.user[0] != '\0' ? config->server.user : VMAPD_USER;
    struct postconf *postconf = find_postfix(check, options);
    const char *owner = postconf != NULL ? postconf_value(postconf, "mail_owner") : "";
    bool is_used = postconf != NULL && check_postfix(check, config, postconf);

    check_running(check, config, is_used, remote_ask_for, asking);
    check_sockets(check, config, owner[0] != '\0' ? owner : "postfix");
    check_accounts(check, config);
    check_files(check, config, user);
    check_mirrors(check, config);
    print(check);
    check_databases(check, config);
    check_streams(check, config);
    print(check);
    if (is_used)
        check_outage(check, config, postconf, remote_ask_for, asking);
    print(check);
    postconf_free(postconf);
}

static int run_check(const struct check_options *options, const struct vmapctl *run)
{
    struct vmapctl asking = *run;
    struct check check = {BUFFER_EMPTY, 0};
    struct config *config;

    log_open("vmapctl", LOG_TARGET_STDERR, LOG_LEVEL_INFO); /* what is ignored is said, too */
    config = check_configuration(&check, options->config);
    log_open("vmapctl", LOG_TARGET_STDERR, LOG_LEVEL_WARNING);
    print(&check);
    asking.timeout_s = ANSWER_TIMEOUT_S;
    if (config != NULL)
        check_all(&check, config, options, &asking);
    if (check.problems == 0)
        puts("no problems");
    else
        printf("%u problem%s\n", check.problems, check.problems == 1 ? "" : "s");
    config_unref(config);
    buffer_free(&check.text);
    return check.problems == 0 ? CONTROL_OK : CONTROL_FAILED;
}

static int usage(void)
{
    fputs("usage: vmapctl check [-c FILE] [-p DIRECTORY]\n"
          "  -c FILE        the configuration of vmapd, default " CONFIG_DEFAULT_PATH "\n"
          "  -p DIRECTORY   of Postfix's configuration, default " POSTFIX_DIRECTORY "\n",
          stderr);
    return CONTROL_USAGE;
}

int vmapctl_check(const struct vmapctl *run)
{
    struct check_options options = {CONFIG_DEFAULT_PATH, POSTFIX_DIRECTORY, false};
    int option;

    optind = 0;
    while ((option = getopt(run->word_count, (char *const *)(size_t)run->words, "+c:p:")) != -1)
        switch (option) {
        case 'c':
            options.config = optarg;
            break;
        case 'p':
            options.postfix = optarg;
            options.postfix_named = true;
            break;
        default:
            return usage();
        }
    if (optind < run->word_count)
        return usage();
    return run_check(&options, run);
}
