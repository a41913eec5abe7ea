/* compare_command - the subcommand compare: options, and vmapd's answers; see compare.h. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "compare.h"
#include "control_protocol.h"
#include "remote.h"
#include "vmapctl.h"

static int usage(void)
{
    fputs("usage: vmapctl compare [-c DIRECTORY] [FILE|-]\n"
          "  -c DIRECTORY   of Postfix's configuration, default /etc/postfix\n"
          "  FILE           addresses, one a line; without it a sample of what the tables have\n",
          stderr);
    return CONTROL_USAGE;
}

/* NULL: it cannot be read, which was told. */
static FILE *open_addresses(const char *name)
{
    FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");

    if (file == NULL)
        fprintf(stderr, "vmapctl compare: %s: %s\n", name, strerror(errno));
    return file;
}

int vmapctl_compare(const struct vmapctl *run)
{
    struct compare_options options = {"/etc/postfix", NULL, remote_ask_for, (void *)(size_t)run,
                                      isatty(STDERR_FILENO) != 0};
    int option, status;

    optind = 0;
    while ((option = getopt(run->word_count, (char *const *)(size_t)run->words, "+c:")) != -1)
        if (option == 'c')
            options.directory = optarg;
        else
            return usage();
    if (optind + 1 < run->word_count)
        return usage();
    if (optind < run->word_count) {
        options.addresses = open_addresses(run->words[optind]);
        if (options.addresses == NULL)
            return CONTROL_FAILED;
    }
    status = compare_run(&options);
    if (options.addresses != NULL && options.addresses != stdin)
        fclose(options.addresses);
    return status;
}
