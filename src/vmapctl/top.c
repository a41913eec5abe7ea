/*
 * top - a live view of vmapd. On a terminal it draws again each interval, on the alternate
 * screen, until q or a signal; what the terminal was is put back. Elsewhere it prints one plain
 * screen of what happened in one interval, so that a pipe or a cron job gets a page and an end.
 */
#include "vmapctl.h"

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "clock.h"
#include "columns.h"
#include "control_protocol.h"
#include "remote.h"
#include "top_screen.h"

#define DEFAULT_ROWS    24
#define DEFAULT_COLUMNS 80

struct top {
    const struct vmapctl *run;
    uint64_t interval_ms;
    long count; /* screens still to show, -1 = no end */
    bool live;
    json_t *before, *now;
    uint64_t before_us, now_us;
    struct buffer error; /* why the last question had no answer */
};

static volatile sig_atomic_t stop_signal;

/* --- asking --------------------------------------------------------------------------------- */

static json_t *top_ask(struct top *top)
{
    static const char *const words[] = {"stats", "--json"};
    struct buffer text = BUFFER_EMPTY;
    json_t *answer = NULL;
    int status = CONTROL_OK;

    buffer_clear(&top->error);
    if (remote_ask(top->run->socket, words, 2, top->run->timeout_s, &status, &text, &top->error)) {
        if (status == CONTROL_OK)
            answer = json_loadb(buffer_text(&text), text.len, 0, NULL);
        if (!json_is_object(answer)) {
            json_decref(answer);
            answer = NULL;
            buffer_add_text(&top->error, "vmapd does not tell its statistics");
        }
    }
    buffer_free(&text);
    return answer;
}

/* False: no answer; what was known stays. */
static bool top_sample(struct top *top)
{
    json_t *answer = top_ask(top);

    if (answer == NULL)
        return false;
    json_decref(top->before);
    top->before = top->now;
    top->before_us = top->now_us;
    top->now = answer;
    top->now_us = clock_us();
    return true;
}

/* --- the terminal --------------------------------------------------------------------------- */

static void on_signal(int number)
{
    if (number != SIGWINCH)
        stop_signal = number;
}

/* The signals come only while we wait, so none is lost between looking and waiting. */
static void catch_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGWINCH};
    struct sigaction action = {.sa_handler = on_signal};
    sigset_t blocked;

    sigemptyset(&blocked);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        sigaction(numbers[i], &action, NULL);
        sigaddset(&blocked, numbers[i]);
    }
    sigprocmask(SIG_BLOCK, &blocked, NULL);
}

static void terminal_write(const char *text, size_t len)
{
    fwrite(text, 1, len, stdout);
    fflush(stdout);
}

static void terminal_say(const char *text)
{
    terminal_write(text, strlen(text));
}

/* Keys come one by one and unseen. Stopping with ^Z would leave the terminal like that. */
static void terminal_keys(struct termios *saved)
{
    struct termios keys;

    if (tcgetattr(STDIN_FILENO, saved) != 0)
        return;
    keys = *saved;
    keys.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    keys.c_cc[VMIN] = 1;
    keys.c_cc[VTIME] = 0;
    keys.c_cc[VSUSP] = _POSIX_VDISABLE;
    tcsetattr(STDIN_FILENO, TCSANOW, &keys);
}

static void terminal_size(size_t *rows, size_t *columns)
{
    struct winsize size;

    *rows = DEFAULT_ROWS;
    *columns = DEFAULT_COLUMNS;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        *rows = size.ws_row;
        *columns = size.ws_col;
    }
}

/* Each line over the old one, so that nothing flickers; no newline in the last row, it would scroll. */
static void terminal_draw(struct slice screen)
{
    struct buffer out = BUFFER_EMPTY;

    buffer_add_text(&out, "\033[H");
    for (size_t i = 0; i < screen.len; i++) {
        if (screen.data[i] != '\n')
            buffer_add_char(&out, screen.data[i]);
        else
            buffer_add_text(&out, i + 1 < screen.len ? "\033[K\r\n" : "\033[K");
    }
    buffer_add_text(&out, "\033[J");
    terminal_write(buffer_text(&out), out.len);
    buffer_free(&out);
}

/* --- the two ways to show ------------------------------------------------------------------- */

static double seconds_between(const struct top *top)
{
    return (double)(top->now_us - top->before_us) / 1e6;
}

static void top_draw(struct top *top)
{
    struct buffer all = BUFFER_EMPTY;
    struct buffer screen = BUFFER_EMPTY;
    size_t rows;
    size_t columns;

    terminal_size(&rows, &columns);
    if (top->error.len > 0)
        buffer_printf(&all, "trying again: %s\n", buffer_text(&top->error));
    top_screen(top->before, top->now, seconds_between(top), rows, columns, &all);
    columns_cut(buffer_slice(&all), columns, rows, &screen);
    terminal_draw(buffer_slice(&screen));
    buffer_free(&all);
    buffer_free(&screen);
}

/* Until a key, a signal, or the time. True: go on. */
static bool top_wait(struct top *top, uint64_t until_ms)
{
    bool has_keys = top->live && isatty(STDIN_FILENO) == 1; /* else they are for the pager */
    struct pollfd keyboard = {has_keys ? STDIN_FILENO : -1, POLLIN, 0};
    sigset_t none;

    sigemptyset(&none);
    while (stop_signal == 0 && clock_ms() < until_ms) {
        uint64_t left_ms = until_ms - clock_ms();
        struct timespec left = {(time_t)(left_ms / 1000), (long)(left_ms % 1000 * 1000000)};
        int ready = ppoll(&keyboard, 1, &left, &none);
        char key;

        if (ready > 0 && (read(STDIN_FILENO, &key, 1) != 1 || key == 'q' || key == 'Q'))
            return false;
        if (ready < 0 && stop_signal == 0 && top->live)
            top_draw(top); /* the window has another size */
    }
    return stop_signal == 0;
}

static void top_live(struct top *top)
{
    struct termios saved;
    bool has_keys = isatty(STDIN_FILENO) == 1;
    uint64_t next_ms = clock_ms();

    if (has_keys)
        terminal_keys(&saved);
    terminal_say("\033[?1049h\033[?25l");
    for (;;) {
        top_draw(top);
        if (top->count > 0 && --top->count == 0)
            break;
        next_ms += top->interval_ms;
        if (next_ms <= clock_ms()) /* vmapd kept us waiting */
            next_ms = clock_ms() + top->interval_ms;
        if (!top_wait(top, next_ms) || ferror(stdout))
            break;
        top_sample(top);
    }
    terminal_say("\033[?25h\033[?1049l");
    if (has_keys)
        tcsetattr(STDIN_FILENO, TCSANOW, &saved);
}

/* False: vmapd went away. */
static bool top_print(struct top *top)
{
    struct buffer screen = BUFFER_EMPTY;
    bool answered = true;

    while (top->count-- > 0 && top_wait(top, clock_ms() + top->interval_ms)) {
        if (!top_sample(top)) {
            answered = false;
            break;
        }
        buffer_clear(&screen);
        top_screen(top->before, top->now, seconds_between(top), SIZE_MAX, SIZE_MAX, &screen);
        if (top->count > 0)
            buffer_add_char(&screen, '\n');
        terminal_write(buffer_text(&screen), screen.len);
    }
    buffer_free(&screen);
    return answered;
}

/* --- options -------------------------------------------------------------------------------- */

static bool parse_interval(const char *text, uint64_t *ms)
{
    char *end;
    double seconds = strtod(text, &end);

    if (end == text || *end != '\0' || !(seconds >= 0.1 && seconds <= 3600))
        return false;
    *ms = (uint64_t)(seconds * 1000);
    return true;
}

static bool parse_count(const char *text, long *count)
{
    char *end;

    errno = 0;
    *count = strtol(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *count > 0;
}

static bool top_options(struct top *top)
{
    int option;

    optind = 1;
    opterr = 0;
    while ((option = getopt(top->run->word_count, (char *const *)(size_t)top->run->words,
                            "d:n:")) != -1) {
        if (option == 'd' ? !parse_interval(optarg, &top->interval_ms)
                          : option != 'n' || !parse_count(optarg, &top->count))
            return false;
    }
    return optind == top->run->word_count;
}

int vmapctl_top(const struct vmapctl *run)
{
    struct top top = {.run = run, .interval_ms = 1000, .count = -1};
    bool answered;

    top.live = isatty(STDOUT_FILENO) == 1;
    if (!top_options(&top)) {
        fputs("usage: vmapctl [-s SOCKET] top [-d SECONDS, 0.1 to 3600] [-n COUNT]\n", stderr);
        return CONTROL_USAGE;
    }
    if (top.count < 0 && !top.live)
        top.count = 1;
    catch_signals();
    answered = top_sample(&top);
    if (answered && top.live)
        top_live(&top);
    else if (answered)
        answered = top_print(&top);
    if (!answered)
        fprintf(stderr, "vmapctl: %s\n", buffer_text(&top.error));
    json_decref(top.before);
    json_decref(top.now);
    buffer_free(&top.error);
    return answered ? CONTROL_OK : CONTROL_UNREACHABLE;
}
