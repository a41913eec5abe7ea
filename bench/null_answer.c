/* null_answer - see the header. */
#include "null_answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "netstring.h"

/* A request of the smallest size is 3 bytes. */
#define REPLIES_MAX (NULL_INPUT_MAX / 3)
#define REPLY_MAX   1000

static char reply[REPLY_MAX];
static size_t reply_len;
static char *replies; /* the constant, as often as a read can ask for it */

static void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static void make_replies(const char *payload)
{
    int len = snprintf(reply, sizeof(reply), "%zu:%s,", strlen(payload), payload);

    if (len < 0 || (size_t)len >= sizeof(reply)) {
        fputs("the payload is too long\n", stderr);
        exit(1);
    }
    reply_len = (size_t)len;
    replies = malloc(reply_len * REPLIES_MAX);
    if (replies == NULL)
        give_up("malloc");
    for (size_t i = 0; i < REPLIES_MAX; i++)
        memcpy(replies + i * reply_len, reply, reply_len);
}

int null_start(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct rlimit limit;
    int fd;

    if (argc != 3 || strlen(argv[1]) >= sizeof(address.sun_path)) {
        fprintf(stderr, "usage: %s SOCKET PAYLOAD\n", argv[0]);
        exit(2);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    make_replies(argv[2]);
    memcpy(address.sun_path, argv[1], strlen(argv[1]));
    unlink(argv[1]);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        listen(fd, SOMAXCONN) != 0)
        give_up(argv[1]);
    return fd;
}

const char *null_answer(const char *input, size_t input_len, size_t *len)
{
    size_t used = 0;

    *len = 0;
    while (used < input_len) {
        struct slice rest = {input + used, input_len - used};
        struct slice payload;
        size_t consumed;

        if (netstring_parse(rest, NULL_INPUT_MAX, &payload, &consumed) != NETSTRING_COMPLETE) {
            fputs("not a whole number of requests in one read\n", stderr);
            exit(1);
        }
        used += consumed;
        *len += reply_len;
    }
    return replies;
}
