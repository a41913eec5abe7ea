/* load_options - see the header. */
#include "load_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct load_options defaults = {
    .map = "m",
    .key_template = "user%s@example.com",
    .reply_template = "OK %s",
    .key_count = 1000,
    .connections = 1,
    .depth = 1,
    .seconds = 3,
};

static void usage(void)
{
    fputs("usage: load -s SOCKET [-m MAP] [-k FILE | -g COUNT [-G TEMPLATE]] [-e TEMPLATE]\n"
          "            [-c CONNECTIONS] [-d DEPTH] [-t SECONDS] [-n REQUESTS] [-w SECONDS] [-r] "
          "[-j]\n"
          "            [-p PID]\n"
          "  -k  lines of KEY or KEY TAB REPLY\n"
          "  -g  so many keys from -G, with %s for their number (user%s@example.com)\n"
          "  -e  the right reply, with %s for the key (OK %s)\n"
          "  -d  requests that a connection has under way at once\n"
          "  -n  end after so many requests, or after -t at the latest\n"
          "  -w  warm up first, not measured\n"
          "  -r  keys in random order, the same each time, instead of one after the other\n"
          "  -p  the server, to tell its CPU time\n"
          "  -j  print JSON\n",
          stderr);
    exit(2);
}

static unsigned parse_count(const char *text)
{
    char *end;
    unsigned long count = strtoul(text, &end, 10);

    if (end == text || *end != '\0' || count == 0 || count > 100000000)
        usage();
    return (unsigned)count;
}

static double parse_seconds(const char *text)
{
    char *end;
    double seconds = strtod(text, &end);

    if (end == text || *end != '\0' || !(seconds >= 0 && seconds < 1e6))
        usage();
    return seconds;
}

static void take_option(struct load_options *options, int option)
{
    switch (option) {
    case 's':
        options->socket = optarg;
        break;
    case 'm':
        options->map = optarg;
        break;
    case 'k':
        options->key_file = optarg;
        break;
    case 'g':
        options->key_count = parse_count(optarg);
        break;
    case 'G':
        options->key_template = optarg;
        break;
    case 'e':
        options->reply_template = optarg;
        break;
    case 'c':
        options->connections = parse_count(optarg);
        break;
    case 'd':
        options->depth = parse_count(optarg);
        break;
    case 't':
        options->seconds = parse_seconds(optarg);
        break;
    case 'n':
        options->requests = parse_count(optarg);
        break;
    case 'w':
        options->warm_up = parse_seconds(optarg);
        break;
    case 'r':
        options->is_random = true;
        break;
    case 'p':
        options->server = parse_count(optarg);
        break;
    case 'j':
        options->is_json = true;
        break;
    default:
        usage();
    }
}

void load_options_parse(struct load_options *options, int argc, char **argv)
{
    int option;

    *options = defaults;
    while ((option = getopt(argc, argv, "s:m:k:g:G:e:c:d:t:n:w:rp:j")) >= 0)
        take_option(options, option);
    if (options->socket == NULL || optind != argc)
        usage();
}
