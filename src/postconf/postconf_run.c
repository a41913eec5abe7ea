/* postconf_run - run postconf(1) and collect what it says; see postconf.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "postconf.h"
#include "xmalloc.h"

#define WORDS_MAX 32

/* Settings that matter even if main.cf does not name them; compatibility_level decides about some. */
static const char *const wanted_values[] = {"authorized_verp_clients",
                                            "config_directory",
                                            "fast_flush_domains",
                                            "mail_owner",
                                            "mydestination",
                                            "myorigin",
                                            "owner_request_special",
                                            "parent_domain_matches_subdomains",
                                            "propagate_unmatched_extensions",
                                            "queue_directory",
                                            "recipient_delimiter",
                                            "relay_domains",
                                            "smtpd_authorized_verp_clients",
                                            "smtpd_client_event_limit_exceptions",
                                            "virtual_transport",
                                            NULL};

/* False: what went wrong, with the last line of what postconf complained of: it warns of much. */
static bool run(const char *const *words, struct buffer *out, struct buffer *error)
{
    struct buffer complaints = BUFFER_EMPTY;
    int status = child_run(&(struct child){words, {"", 0}, NULL}, out, &complaints);
    const char *complaint = child_last_line(&complaints);

    if (status == CHILD_NOT_FOUND)
        buffer_add_text(error, "cannot run postconf: is Postfix installed on this machine?");
    else if (status != 0)
        buffer_printf(error, "postconf failed%s%s", complaint[0] != '\0' ? ": " : "", complaint);
    buffer_free(&complaints);
    return status == 0;
}

/* Whose settings: those of the files in one directory, which belong into another or the same. */
struct files {
    const char *directory;
    char *belonging; /* "config_directory=..." */
    struct postconf *postconf;
};

static bool ask(const struct files *files, enum postconf_output output, const char *options,
                const char *const *names, struct buffer *error)
{
    const char *words[WORDS_MAX] = {"postconf",       "-c",   files->directory, "-o",
                                    files->belonging, options};
    struct buffer text = BUFFER_EMPTY;
    bool good;

    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        words[6 + i] = names[i];
    good = run(words, &text, error);
    if (good)
        postconf_add(files->postconf, output, buffer_slice(&text));
    buffer_free(&text);
    return good;
}

/* A copy of main.cf alone will do. */
static bool ask_master(const struct files *files, struct buffer *error)
{
    char *path = xasprintf("%s/master.cf", files->directory);
    bool is_there = access(path, F_OK) == 0;

    free(path);
    return !is_there || (ask(files, POSTCONF_OVERRIDES_WRITTEN, "-P", NULL, error) &&
                         ask(files, POSTCONF_OVERRIDES_EXPANDED, "-Px", NULL, error) &&
                         ask(files, POSTCONF_SERVICES, "-M", NULL, error));
}

struct postconf *postconf_read_copy(const char *copy, const char *directory, struct buffer *error)
{
    /* postconf puts the directory into values as it was named; lists need absolute paths. */
    char *absolute = realpath(directory, NULL);
    struct files files = {copy, NULL, NULL};

    if (absolute == NULL) {
        buffer_printf(error, "%s: %s", directory, strerror(errno));
        return NULL;
    }
    files.belonging = xasprintf("config_directory=%s", absolute);
    files.postconf = postconf_new(absolute);
    if (!(ask(&files, POSTCONF_WRITTEN, "-n", NULL, error) &&
          ask(&files, POSTCONF_EXPANDED, "-nx", NULL, error) &&
          ask(&files, POSTCONF_VALUES, "-x", wanted_values, error) && ask_master(&files, error))) {
        postconf_free(files.postconf);
        files.postconf = NULL;
    }
    free(files.belonging);
    free(absolute);
    return files.postconf;
}

struct postconf *postconf_read(const char *directory, struct buffer *error)
{
    return postconf_read_copy(directory, directory, error);
}
