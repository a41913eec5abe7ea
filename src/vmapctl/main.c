/* main - the tool that talks to vmapd: options, the table of subcommands. */
#include "vmapctl.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "control_commands.h"
#include "control_protocol.h"
#include "remote.h"
#include "similar.h"
#include "version.h"

#define MANY 100 /* the subcommand looks at its arguments itself */

static int ask_remote(const struct vmapctl *run);
static int ask_explanation(const struct vmapctl *run);

/* One that asks vmapd stands in control_commands.h. */
#define ROW(name, arguments, help, fewest, most, changes, ask, wait_s)                             \
    {#name, arguments, help, fewest, most, wait_s, ask},

static const struct subcommand {
    const char *name;
    const char *arguments;
    const char *help;
    int least_arguments;
    int most_arguments;
    unsigned timeout_s;
    int (*run)(const struct vmapctl *run);
} subcommands[] = {
    CONTROL_COMMANDS(ROW) /* and those that run in the tool: */
    {"top", "[-d SECONDS] [-n COUNT]", "what it is doing now", 0, MANY, 2, vmapctl_top},
    {"check", "[-c FILE] [-p DIR]", "find what is wrong", 0, MANY, 0, vmapctl_check},
    {"import", "[--install] [-c DIR]", "make vmapd.conf from main.cf", 0, MANY, 120,
     vmapctl_import},
    {"switch", "[--back] [-c DIR] [-n]", "have Postfix ask vmapd", 0, MANY, 0, vmapctl_switch},
    {"compare", "[-c DIR] [FILE|-]", "ask Postfix's own tables and vmapd", 0, MANY, 120,
     vmapctl_compare},
};

#define SUBCOMMAND_COUNT (sizeof(subcommands) / sizeof(subcommands[0]))

static void usage(FILE *out)
{
    fputs("usage: vmapctl [-s SOCKET] COMMAND\n\n", out);
    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++) {
        char line[80];

        snprintf(line, sizeof(line), "%s %s", subcommands[i].name, subcommands[i].arguments);
        fprintf(out, "  %-32s %s\n", line, subcommands[i].help);
    }
    fputs("\n  -s SOCKET    vmapd's control socket, default " VMAPCTL_SOCKET "\n"
          "  -h, --help   this list; vmapctl(1) says more\n"
          "  -V           the version\n",
          out);
}

static int usage_error(void)
{
    fputs("vmapctl --help lists the commands\n", stderr);
    return CONTROL_USAGE;
}

/* Ask vmapd, and print what it says: to standard output if its status means an answer. */
static int ask(const struct vmapctl *run, bool (*is_answer)(int status))
{
    struct buffer text = BUFFER_EMPTY;
    struct buffer error = BUFFER_EMPTY;
    int status = CONTROL_UNREACHABLE;

    if (!remote_ask(run->socket, run->words, (size_t)run->word_count, run->timeout_s, &status,
                    &text, &error))
        fprintf(stderr, "vmapctl: %s\n", buffer_text(&error));
    else
        fwrite(buffer_text(&text), 1, text.len, is_answer(status) ? stdout : stderr);
    buffer_free(&text);
    buffer_free(&error);
    return status;
}

static bool is_ok(int status)
{
    return status == CONTROL_OK;
}

static int ask_remote(const struct vmapctl *run)
{
    return ask(run, is_ok);
}

static bool is_explanation(int status)
{
    return status == CONTROL_OK || status == CONTROL_NOT_FOUND || status == CONTROL_TEMPORARY;
}

static int ask_explanation(const struct vmapctl *run)
{
    return ask(run, is_explanation);
}

/* "--" before an argument that begins with '-' is a habit, though nothing here needs it. */
static int drop_double_dash(int word_count, char **words)
{
    for (int i = 1; i < word_count; i++)
        if (strcmp(words[i], "--") == 0) {
            memmove(&words[i], &words[i + 1], (size_t)(word_count - i) * sizeof(words[0]));
            return word_count - 1;
        }
    return word_count;
}

static void usage_of(const struct subcommand *command, FILE *out)
{
    fprintf(out, "usage: vmapctl [-s SOCKET] %s%s%s\n", command->name,
            command->arguments[0] != '\0' ? " " : "", command->arguments);
}

static int unknown_command(const char *name)
{
    struct similar similar = {0};

    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        similar_consider(&similar, name, subcommands[i].name);
    fprintf(stderr, "vmapctl: unknown command: %s", name);
    if (similar.name != NULL)
        fprintf(stderr, "; did you mean %s?", similar.name);
    fputc('\n', stderr);
    return usage_error();
}

static int run_subcommand(const char *socket, int word_count, char **words)
{
    const struct subcommand *command = NULL;

    for (size_t i = 0; i < SUBCOMMAND_COUNT; i++)
        if (strcmp(words[0], subcommands[i].name) == 0)
            command = &subcommands[i];
    if (command == NULL)
        return unknown_command(words[0]);
    if (word_count == 2 && strcmp(words[1], "--help") == 0) {
        usage_of(command, stdout);
        return CONTROL_OK;
    }
    word_count = drop_double_dash(word_count, words);
    if (word_count - 1 < command->least_arguments || word_count - 1 > command->most_arguments) {
        usage_of(command, stderr);
        return CONTROL_USAGE;
    }
    return command->run(
        &(struct vmapctl){socket, command->timeout_s, word_count, (const char *const *)words});
}

/* What was printed must have arrived, or the exit status would be a lie. */
static int flushed(int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    perror("vmapctl: standard output");
    return status != CONTROL_OK ? status : EX_IOERR;
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {{"socket", required_argument, NULL, 's'},
                                                 {"help", no_argument, NULL, 'h'},
                                                 {"version", no_argument, NULL, 'V'},
                                                 {0}};
    const char *socket = VMAPCTL_SOCKET;
    int option;

    /* '+': a key may begin with '-', so options stand before the command. */
    while ((option = getopt_long(argc, argv, "+s:hV", long_options, NULL)) != -1) {
        switch (option) {
        case 's':
            socket = strncmp(optarg, "unix:", 5) == 0 ? optarg + 5 : optarg;
            break;
        case 'h':
            usage(stdout);
            return flushed(CONTROL_OK);
        case 'V':
            puts("vmapctl " VMAPD_VERSION);
            return flushed(CONTROL_OK);
        default:
            return usage_error();
        }
    }
    if (optind == argc) {
        usage(stderr);
        return CONTROL_USAGE;
    }
    return flushed(run_subcommand(socket, argc - optind, argv + optind));
}
