/* switch_command - the subcommand switch: options; see switch.h. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include "control_protocol.h"
#include "switch.h"
#include "vmapctl.h"

static int usage(void)
{
    fputs("usage: vmapctl switch [--back] [-c DIRECTORY] [-n]\n"
          "  --back         as it was before\n"
          "  -c DIRECTORY   of Postfix's configuration, default /etc/postfix\n"
          "  -n             only print what would be done\n",
          stderr);
    return CONTROL_USAGE;
}

int vmapctl_switch(const struct vmapctl *run)
{
    static const struct option names[] = {{"back", no_argument, NULL, 'b'}, {0}};
    const char *directory = "/etc/postfix";
    bool back = false, dry_run = false, done;
    int option;

    optind = 0;
    while ((option = getopt_long(run->word_count, (char *const *)(size_t)run->words, "+c:n", names,
                                 NULL)) != -1)
        switch (option) {
        case 'b':
            back = true;
            break;
        case 'c':
            directory = optarg;
            break;
        case 'n':
            dry_run = true;
            break;
        default:
            return usage();
        }
    if (optind < run->word_count)
        return usage();
    done = back ? switch_back(directory, dry_run) : switch_to_vmapd(directory, dry_run);
    return done ? CONTROL_OK : CONTROL_FAILED;
}
