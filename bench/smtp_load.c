/*
 * smtp_load - strangers' mail servers in one process: several SMTP sessions at once, each command
 * sent when the reply to the one before has come, each reply checked. Either a flood (one sender,
 * many recipients, no message) or messages to one recipient each. Goes through a file of recipients
 * once and prints recipients/s as JSON.
 */
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "lines.h"
#include "log.h"
#include "xmalloc.h"

#define EVENTS_MAX 64
#define REPLY_MAX  4096 /* of one reply, all its lines */

/* What was said last, so what the next reply is for. */
enum said { SAID_NOTHING, SAID_EHLO, SAID_MAIL, SAID_RCPT, SAID_DATA, SAID_TEXT, SAID_QUIT };

static const int positive[] = {
    [SAID_NOTHING] = 220, [SAID_EHLO] = 250, [SAID_MAIL] = 250, [SAID_RCPT] = 250,
    [SAID_DATA] = 354,    [SAID_TEXT] = 250, [SAID_QUIT] = 221,
};

struct session {
    int fd;
    enum said said;
    unsigned recipients;   /* of this connection so far */
    const char *recipient; /* the last of them */
    size_t len;
    char reply[REPLY_MAX];
};

static struct {
    int port;
    unsigned sessions;
    unsigned recipients; /* for each connection */
    bool is_flood;
} options = {0, 16, 20, false};

static struct lines recipients;
static size_t next_recipient;
static size_t wrong;
static unsigned open_sessions;
static int epoll_fd;

static void say(struct session *session, enum said said, const char *word, const char *rest)
{
    char line[1200];
    int len = snprintf(line, sizeof(line), "%s%s\r\n", word, rest);

    session->said = said;
    if (len < 0 || (size_t)len >= sizeof(line) ||
        send(session->fd, line, (size_t)len, MSG_NOSIGNAL) != len)
        log_fatal("cannot send %s", word);
}

static void session_open(struct session *session)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)options.port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = session};

    *session = (struct session){.fd = socket(AF_INET, SOCK_STREAM, 0)};
    if (session->fd < 0 || connect(session->fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        log_fatal("cannot connect to port %d: %s", options.port, strerror(errno));
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, session->fd, &event);
    open_sessions++;
}

static void session_close(struct session *session)
{
    close(session->fd);
    open_sessions--;
    if (next_recipient < recipients.count)
        session_open(session);
}

/* Whether there is another recipient for this session; it is taken for it. */
static bool take_recipient(struct session *session)
{
    if (next_recipient == recipients.count || session->recipients == options.recipients)
        return false;
    session->recipient = recipients.line[next_recipient++];
    session->recipients++;
    return true;
}

static void say_next(struct session *session)
{
    switch (session->said) {
    case SAID_NOTHING:
        say(session, SAID_EHLO, "EHLO stranger.example", "");
        break;
    case SAID_EHLO:
    case SAID_TEXT:
        if (take_recipient(session))
            say(session, SAID_MAIL, "MAIL FROM:<stranger@elsewhere.example>", "");
        else
            say(session, SAID_QUIT, "QUIT", "");
        break;
    case SAID_MAIL:
        say(session, SAID_RCPT, "RCPT TO:", session->recipient);
        break;
    case SAID_RCPT:
        if (!options.is_flood)
            say(session, SAID_DATA, "DATA", "");
        else if (take_recipient(session))
            say(session, SAID_RCPT, "RCPT TO:", session->recipient);
        else
            say(session, SAID_QUIT, "QUIT", "");
        break;
    case SAID_DATA:
        say(session, SAID_TEXT, "Subject: measured\r\n\r\ntext\r\n.", "");
        break;
    case SAID_QUIT:
        session_close(session);
        break;
    }
}

/* The code of a complete reply, 0 if its last line has not come yet. */
static int reply_code(const struct session *session)
{
    const char *line = session->reply;
    const char *end;

    while ((end = strchr(line, '\n')) != NULL) {
        if (end - line >= 4 && line[3] == ' ')
            return atoi(line);
        line = end + 1;
    }
    return 0;
}

static void judge(struct session *session, int code)
{
    int right = session->said == SAID_RCPT && options.is_flood ? 550 : positive[session->said];

    if (code == right)
        return;
    if (wrong++ == 0)
        log_error("expected %d, got: %s", right, session->reply);
    /* Nothing sensible follows a message that was refused. */
    if (!options.is_flood || session->said != SAID_RCPT)
        session->said = SAID_TEXT;
}

static void on_readable(struct session *session)
{
    ssize_t got = recv(session->fd, session->reply + session->len,
                       sizeof(session->reply) - 1 - session->len, MSG_DONTWAIT);
    int code;

    if (got <= 0)
        log_fatal("the server closes a session");
    session->len += (size_t)got;
    session->reply[session->len] = '\0';
    code = reply_code(session);
    if (code == 0)
        return;
    judge(session, code);
    session->len = 0;
    say_next(session);
}

static void run(void)
{
    struct session *sessions = xcalloc(options.sessions, sizeof(*sessions));
    struct epoll_event events[EVENTS_MAX];

    epoll_fd = epoll_create1(0);
    for (unsigned i = 0; i < options.sessions; i++)
        session_open(&sessions[i]);
    while (open_sessions > 0) {
        int count = epoll_wait(epoll_fd, events, EVENTS_MAX, -1);

        for (int i = 0; i < count; i++)
            on_readable(events[i].data.ptr);
    }
    close(epoll_fd);
    free(sessions);
}

static void usage(void)
{
    fputs("usage: smtp_load -p PORT [-c SESSIONS] [-r RECIPIENTS] [-f] FILE\n"
          "  FILE  recipients, a line each\n"
          "  -r    so many in one connection\n"
          "  -f    a flood: no messages, all recipients are unknown\n",
          stderr);
    exit(2);
}

static void parse_options(int argc, char **argv)
{
    int option;

    while ((option = getopt(argc, argv, "p:c:r:f")) >= 0) {
        switch (option) {
        case 'p':
            options.port = atoi(optarg);
            break;
        case 'c':
            options.sessions = (unsigned)atoi(optarg);
            break;
        case 'r':
            options.recipients = (unsigned)atoi(optarg);
            break;
        case 'f':
            options.is_flood = true;
            break;
        default:
            usage();
        }
    }
    if (options.port <= 0 || options.sessions == 0 || options.recipients == 0 || optind != argc - 1)
        usage();
}

int main(int argc, char **argv)
{
    uint64_t began_us;

    log_open("smtp_load", LOG_TARGET_STDERR, LOG_LEVEL_INFO);
    parse_options(argc, argv);
    lines_read(&recipients, argv[optind]);
    began_us = clock_us();
    run();
    printf("{\"recipients_per_second\": %.1f, \"recipients\": %zu, \"wrong\": %zu}\n",
           (double)recipients.count * 1e6 / (double)(clock_us() - began_us), recipients.count,
           wrong);
    lines_free(&recipients);
    return wrong == 0 ? 0 : 1;
}
