/*
 * dovecot - see the header. Before it delivers Dovecot asks a userdb who the recipient is. doveconf -n shows
 * "userdb {" with a line "driver = static" and the rest in args, since 2.4 "userdb static {".
 */
#include "dovecot.h"

#include <stdlib.h>
#include <string.h>

#include "child.h"
#include "xmalloc.h"

/* The next block of the outermost level, from its name to its last brace; false: no more. */
static bool next_userdb(const char **at, struct slice *block)
{
    for (const char *line = *at; *line != '\0';) {
        const char *end = strstr(line, "\n}");

        if (strncmp(line, "userdb ", 7) == 0 && end != NULL) {
            *block = (struct slice){line, (size_t)(end - line)};
            *at = end + 1;
            return true;
        }
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
    return false;
}

static bool is_of(const char *block, const char *driver)
{
    char *line = xasprintf("driver = %s\n", driver);
    char *head = xasprintf("userdb %s {", driver);
    bool is = strstr(block, line) != NULL || strncmp(block, head, strlen(head)) == 0;

    free(line);
    free(head);
    return is;
}

static void check_userdb(struct check *check, struct slice text)
{
    char *block = xasprintf("%.*s\n", (int)text.len, text.data);

    if (is_of(block, "static") && strstr(block, "allow_all_users=yes") == NULL &&
        strstr(block, "allow_all_users = yes") == NULL)
        check_problem(
            check,
            "Dovecot: userdb static asks the database for each delivery, so mail that was "
            "taken waits while it is away; add %s that userdb (Postfix knows who is a "
            "user), then doveadm reload",
            strstr(block, "driver = ") != NULL ? "allow_all_users=yes to the args of"
                                               : "the line allow_all_users = yes to");
    else if (is_of(block, "sql"))
        check_note(check,
                   "Dovecot: userdb sql asks the database for each delivery, so mail that was "
                   "taken waits in Postfix's queue while it is away; a userdb static with "
                   "allow_all_users=yes delivers, if it can say for all users where their mail "
                   "is (conf/dovecot.conf has one)");
    free(block);
}

void check_dovecot(struct check *check, const char *virtual_transport)
{
    static const char *const words[] = {"doveconf", "-n", NULL};
    struct buffer out = BUFFER_EMPTY, complaints = BUFFER_EMPTY;
    const char *at;
    struct slice block;

    if (strstr(virtual_transport, "dovecot") != NULL &&
        child_run(&(struct child){words, {"", 0}, NULL}, &out, &complaints) == 0)
        for (at = buffer_text(&out); next_userdb(&at, &block);)
            check_userdb(check, block);
    buffer_free(&out);
    buffer_free(&complaints);
}
