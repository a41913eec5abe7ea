/*
 * main - the program: its command line. What it does is in daemon.c.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "buffer.h"
#include "config.h"
#include "daemon.h"
#include "descriptors.h"
#include "log.h"
#include "version.h"

/* Exit statuses, as vmapd(8) lists them. */
enum exit_status { EXIT_STOPPED = 0, EXIT_CONFIGURATION = 1, EXIT_USAGE = 2 };

struct arguments {
    const char *config;
    bool test;
    bool verbose;
};

static void usage(FILE *out)
{
    fputs("usage: vmapd [-c FILE] [-t] [-v] [-V]\n"
          "  -c FILE  the configuration (default " CONFIG_DEFAULT_PATH ")\n"
          "  -t       check the configuration and exit\n"
          "  -v       log more\n"
          "  -V       print the version and exit (--version)\n"
          "  -h       this list (--help); vmapd(8) says more\n",
          out);
}

/* Exits for -V, -h and for what it does not understand. */
static struct arguments parse_arguments(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {0}};
    struct arguments arguments = {CONFIG_DEFAULT_PATH, false, false};
    int option;

    while ((option = getopt_long(argc, argv, "c:tvVh", long_options, NULL)) != -1) {
        switch (option) {
        case 'c':
            arguments.config = optarg;
            break;
        case 't':
            arguments.test = true;
            break;
        case 'v':
            arguments.verbose = true;
            break;
        case 'V':
            puts("vmapd " VMAPD_VERSION);
            exit(EXIT_STOPPED);
        case 'h':
            usage(stdout);
            exit(EXIT_STOPPED);
        default:
            usage(stderr);
            exit(EXIT_USAGE);
        }
    }
    if (optind != argc) {
        fprintf(stderr, "vmapd: unexpected argument \"%s\"\n", argv[optind]);
        usage(stderr);
        exit(EXIT_USAGE);
    }
    return arguments;
}

static int run(struct config *config, bool verbose, struct buffer *error)
{
    struct daemon *daemon = daemon_new(config, verbose, error);

    if (daemon == NULL) {
        log_error("%s", buffer_text(error));
        return EXIT_CONFIGURATION;
    }
    daemon_run(daemon);
    daemon_free(daemon);
    return EXIT_STOPPED;
}

static void count_warning(void *arg, enum log_level level, const char *text)
{
    unsigned *warnings = arg;

    if (level > LOG_LEVEL_WARNING)
        return;
    ++*warnings;
    fprintf(stderr, "vmapd: warning: %s\n", text);
}

static void tell_good(const char *path, unsigned warnings)
{
    printf("%s: configuration is good", path);
    if (warnings > 0)
        printf(", but think about %s", warnings == 1 ? "the warning" : "the warnings");
    putchar('\n');
}

int main(int argc, char **argv)
{
    struct arguments arguments = parse_arguments(argc, argv);
    struct buffer error = BUFFER_EMPTY;
    struct config *config;
    unsigned warnings = 0;
    int status = EXIT_CONFIGURATION;

    descriptors_fill_standard();
    log_open("vmapd", LOG_TARGET_STDERR, arguments.verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
    if (arguments.test)
        log_divert(count_warning, &warnings);
    config = config_load(arguments.config, &error);
    if (config == NULL) {
        fprintf(stderr, "%s\n",
                buffer_text(&error)); /* FILE:LINE: message, and nothing before it */
    } else if (arguments.test) {
        tell_good(arguments.config, warnings);
        config_unref(config);
        status = EXIT_STOPPED;
    } else {
        status = run(config, arguments.verbose, &error);
    }
    buffer_free(&error);
    return status;
}
