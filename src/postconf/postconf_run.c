/* postconf_run - run postconf(1) and collect what it says; see postconf.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postconf.h"
#include "xmalloc.h"

/* More than any postconf prints; the rest would be somebody's joke. */
#define OUTPUT_MAX (8u << 20)

#define WORDS_MAX 32

/* Settings that matter even if main.cf does not name them. */
static const char *const wanted_values[] = {"mail_owner",
                                            "mydestination",
                                            "myorigin",
                                            "owner_request_special",
                                            "parent_domain_matches_subdomains",
                                            "propagate_unmatched_extensions",
                                            "queue_directory",
                                            "recipient_delimiter",
                                            "virtual_transport",
                                            NULL};

/* In the child. PATH gets the directories where postconf is, which users may not have there. */
static void run_child(int output, int complaints, const char *const *words)
{
    const char *path = getenv("PATH");
    char *longer = xasprintf("%s:/usr/sbin:/usr/local/sbin", path != NULL ? path : "/usr/bin:/bin");
    char *arguments[WORDS_MAX + 1];
    size_t count = 0;

    for (; words[count] != NULL; count++)
        arguments[count] = xstrdup(words[count]);
    arguments[count] = NULL;
    setenv("PATH", longer, 1);
    if (dup2(output, STDOUT_FILENO) < 0 || dup2(complaints, STDERR_FILENO) < 0)
        _exit(126);
    execvp(arguments[0], arguments);
    _exit(127);
}

static bool read_all(int fd, struct buffer *out)
{
    ssize_t got = 1;

    while (got > 0 && out->len < OUTPUT_MAX) {
        got = read(fd, buffer_reserve(out, 65536), 65536);
        if (got > 0)
            out->len += (size_t)got;
        else if (got < 0 && errno == EINTR)
            got = 1;
    }
    return got == 0;
}

/* The last line that postconf complained with; it warns of much that is no concern here. */
static void add_complaint(int complaints, struct buffer *error)
{
    struct buffer text = BUFFER_EMPTY;
    const char *line;

    if (lseek(complaints, 0, SEEK_SET) == 0 && read_all(complaints, &text) && text.len > 0) {
        if (text.data[text.len - 1] == '\n')
            text.data[--text.len] = '\0';
        line = strrchr(text.data, '\n');
        buffer_printf(error, ": %s", line != NULL ? line + 1 : text.data);
    }
    buffer_free(&text);
}

/* Wait for the child. False: it failed. */
static bool reap(pid_t child, int complaints, struct buffer *error)
{
    int status = 0;

    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
        buffer_add_text(error, "cannot run postconf: is Postfix installed on this machine?");
        return false;
    }
    buffer_add_text(error, "postconf failed");
    add_complaint(complaints, error);
    return false;
}

static bool run(const char *const *words, struct buffer *out, struct buffer *error)
{
    int complaints = memfd_create("complaints", MFD_CLOEXEC);
    int ends[2] = {-1, -1};
    bool complete, good;
    pid_t child = -1;

    if (complaints < 0 || pipe2(ends, O_CLOEXEC) != 0 || (child = fork()) < 0) {
        buffer_printf(error, "cannot run postconf: %s", strerror(errno));
        close(complaints);
        close(ends[0]);
        close(ends[1]);
        return false;
    }
    if (child == 0)
        run_child(ends[1], complaints, words);
    close(ends[1]);
    complete = read_all(ends[0], out);
    close(ends[0]);
    good = reap(child, complaints, error);
    if (good && !complete)
        buffer_add_text(error, "postconf: cannot read its output");
    close(complaints);
    return good && complete;
}

static bool ask(struct postconf *postconf, enum postconf_output output, const char *options,
                const char *const *names, struct buffer *error)
{
    const char *words[WORDS_MAX] = {"postconf", "-c", postconf_directory(postconf), options};
    struct buffer text = BUFFER_EMPTY;
    bool good;

    for (size_t i = 0; names != NULL && names[i] != NULL; i++)
        words[4 + i] = names[i];
    good = run(words, &text, error);
    if (good)
        postconf_add(postconf, output, buffer_slice(&text));
    buffer_free(&text);
    return good;
}

/* A copy of main.cf alone will do. */
static bool ask_master(struct postconf *postconf, struct buffer *error)
{
    char *path = xasprintf("%s/master.cf", postconf_directory(postconf));
    bool is_there = access(path, F_OK) == 0;

    free(path);
    return !is_there || (ask(postconf, POSTCONF_OVERRIDES_WRITTEN, "-P", NULL, error) &&
                         ask(postconf, POSTCONF_OVERRIDES_EXPANDED, "-Px", NULL, error) &&
                         ask(postconf, POSTCONF_SERVICES, "-M", NULL, error));
}

struct postconf *postconf_read(const char *directory, struct buffer *error)
{
    /* postconf puts the directory into values as it was named; lists need absolute paths. */
    char *absolute = realpath(directory, NULL);
    struct postconf *postconf;

    if (absolute == NULL) {
        buffer_printf(error, "%s: %s", directory, strerror(errno));
        return NULL;
    }
    postconf = postconf_new(absolute);
    free(absolute);
    if (ask(postconf, POSTCONF_WRITTEN, "-n", NULL, error) &&
        ask(postconf, POSTCONF_EXPANDED, "-nx", NULL, error) &&
        ask(postconf, POSTCONF_VALUES, "-x", wanted_values, error) && ask_master(postconf, error))
        return postconf;
    postconf_free(postconf);
    return NULL;
}
