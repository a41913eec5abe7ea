/* child - see the header. Input and complaints are files in memory, so that nothing can wait. */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "write_all.h"
#include "xmalloc.h"

/* More than any program prints that we run; the rest would be somebody's joke. */
#define OUTPUT_MAX (256u << 20)

/* Ends of the pipe for output; files in memory. */
struct ends {
    int read, write;
    int input, complaints;
};

static void close_ends(const struct ends *ends)
{
    const int fds[] = {ends->read, ends->write, ends->input, ends->complaints};

    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static bool open_ends(struct ends *ends, struct slice input)
{
    int fds[2];

    *ends = (struct ends){-1, -1, -1, -1};
    ends->input = memfd_create("input", MFD_CLOEXEC);
    ends->complaints = memfd_create("complaints", MFD_CLOEXEC);
    if (ends->input < 0 || ends->complaints < 0 || !write_all(ends->input, input) ||
        lseek(ends->input, 0, SEEK_SET) != 0 || pipe2(fds, O_CLOEXEC) != 0)
        return false;
    ends->read = fds[0];
    ends->write = fds[1];
    return true;
}

static bool become(const char *user)
{
    const struct passwd *passwd = getpwnam(user);

    return passwd != NULL && initgroups(user, passwd->pw_gid) == 0 && setgid(passwd->pw_gid) == 0 &&
           setuid(passwd->pw_uid) == 0;
}

/* In the child. PATH gets the directories where postconf is, which users may not have there. */
static void run_program(const struct child *child, const struct ends *ends)
{
    const char *path = getenv("PATH");
    char *longer = xasprintf("%s:/usr/sbin:/usr/local/sbin", path != NULL ? path : "/usr/bin:/bin");
    size_t count = 0;
    char **arguments;

    while (child->words[count] != NULL)
        count++;
    arguments = xcalloc(count + 1, sizeof(*arguments));
    for (size_t i = 0; i < count; i++)
        arguments[i] = xstrdup(child->words[i]);
    setenv("PATH", longer, 1);
    if (dup2(ends->input, STDIN_FILENO) < 0 || dup2(ends->write, STDOUT_FILENO) < 0 ||
        dup2(ends->complaints, STDERR_FILENO) < 0 || (child->user != NULL && !become(child->user)))
        _exit(126);
    execvp(arguments[0], arguments);
    _exit(CHILD_NOT_FOUND);
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

/* Read until the program ends; its exit status. */
static int collect(pid_t pid, struct ends *ends, struct buffer *out, struct buffer *complaints)
{
    int status = 0;
    bool complete;

    close(ends->write);
    ends->write = -1;
    complete = read_all(ends->read, out);
    close(ends->read);
    ends->read = -1;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (lseek(ends->complaints, 0, SEEK_SET) == 0)
        complete = read_all(ends->complaints, complaints) && complete;
    if (complete && WIFEXITED(status))
        return WEXITSTATUS(status);
    buffer_add_text(complaints, complete ? "ended by a signal" : "cannot read its output");
    return CHILD_NOT_STARTED;
}

int child_run(const struct child *child, struct buffer *out, struct buffer *complaints)
{
    int status = CHILD_NOT_STARTED;
    struct ends ends;
    pid_t pid = -1;

    if (open_ends(&ends, child->input))
        pid = fork();
    if (pid == 0)
        run_program(child, &ends);
    if (pid > 0)
        status = collect(pid, &ends, out, complaints);
    else
        buffer_add_text(complaints, strerror(errno));
    close_ends(&ends);
    return status;
}

const char *child_last_line(struct buffer *complaints)
{
    const char *line;

    while (complaints->len > 0 && complaints->data[complaints->len - 1] == '\n')
        complaints->data[--complaints->len] = '\0';
    line = strrchr(buffer_text(complaints), '\n');
    return line != NULL ? line + 1 : buffer_text(complaints);
}
