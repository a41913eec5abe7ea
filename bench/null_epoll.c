/* null_epoll - a socketmap server that answers a constant, on bare epoll. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "null_answer.h"

#define EVENTS_MAX 256

static char input[NULL_INPUT_MAX];

static void watch(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
        perror("epoll_ctl");
        exit(1);
    }
}

static void serve(int fd)
{
    ssize_t got = read(fd, input, sizeof(input));
    const char *replies;
    size_t len;

    if (got <= 0) {
        close(fd);
        return;
    }
    replies = null_answer(input, (size_t)got, &len);
    if (send(fd, replies, len, MSG_NOSIGNAL) != (ssize_t)len)
        close(fd);
}

int main(int argc, char **argv)
{
    struct epoll_event events[EVENTS_MAX];
    int listening = null_start(argc, argv);
    int epoll = epoll_create1(0);

    watch(epoll, listening);
    for (;;) {
        int count = epoll_wait(epoll, events, EVENTS_MAX, -1);

        for (int i = 0; i < count; i++) {
            if (events[i].data.fd != listening) {
                serve(events[i].data.fd);
                continue;
            }
            for (int fd; (fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK)) >= 0;)
                watch(epoll, fd);
        }
    }
}
