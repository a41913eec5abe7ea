/* import_command - the subcommand import: options, and the order of things. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "control_protocol.h"
#include "install.h"
#include "origin.h"
#include "start.h"
#include "vmapctl.h"
#include "write.h"

#define POSTFIX_DIRECTORY "/etc/postfix"

struct import_options {
    const char *directory;
    const char *output; /* NULL = standard output, or where vmapd looks */
    bool overwrite;
    bool install;
    bool is_inline;
    const char *control; /* NULL = the usual one */
};

/* False: it could not be written, which was told. */
static bool write_file(const struct import_options *options, const struct buffer *text)
{
    struct buffer error = BUFFER_EMPTY;
    bool good = install_write(options->output, text, options->overwrite, &error);

    if (!good)
        fprintf(stderr, "vmapctl import: %s\n", buffer_text(&error));
    buffer_free(&error);
    return good;
}

static void compose(const struct origin *origin, const struct import_options *options,
                    struct buffer *config, struct buffer *notes)
{
    if (options->install || options->is_inline)
        install_compose(origin, options->control, config, notes);
    else
        import_write_config(origin->plan, config);
}

static int deliver(const struct origin *origin, const struct import_options *options)
{
    struct buffer config = BUFFER_EMPTY;
    struct buffer report = BUFFER_EMPTY;
    bool good = true;

    compose(origin, options, &config, &report);
    if (options->output == NULL) {
        fputs(buffer_text(&config), stdout);
        import_write_stays(origin->plan, &report);
        fputs(buffer_text(&report), stderr);
    } else {
        good = write_file(options, &config);
        if (options->install)
            import_write_stays(origin->plan, &report);
        else
            import_write_report(origin->plan, &report);
        if (good)
            printf("%s is written.\n\n%s", options->output, buffer_text(&report));
    }
    buffer_free(&config);
    buffer_free(&report);
    return good ? CONTROL_OK : CONTROL_FAILED;
}

static int import_from(const struct origin *origin, const struct import_options *options)
{
    const struct import_plan *plan = origin->plan;
    const char *directory = postconf_directory(origin->postconf);
    struct buffer report = BUFFER_EMPTY;
    int status = CONTROL_FAILED;

    if (plan->map_count > 0) {
        status = deliver(origin, options);
    } else if (plan->stay_count > 0) {
        import_write_report(plan, &report);
        fprintf(stderr, "vmapctl import: none of the mysql: tables of %s can move\n\n%s", directory,
                buffer_text(&report));
    } else {
        fprintf(stderr, "vmapctl import: %s uses no mysql: table\n", directory);
    }
    buffer_free(&report);
    return status;
}

static int usage(void)
{
    fputs(
        "usage: vmapctl import [--install] [--inline] [-c DIRECTORY] [-o FILE [-f]]\n"
        "  --install      write " CONFIG_DEFAULT_PATH ", start vmapd, check and compare\n"
        "  --inline       take the queries over instead of naming their files, as --install does\n"
        "  -c DIRECTORY   of Postfix's configuration, default " POSTFIX_DIRECTORY "\n"
        "  -o FILE        write the configuration there, and the commands to standard output\n"
        "  -f             overwrite FILE; a copy of it is kept\n",
        stderr);
    return CONTROL_USAGE;
}

static bool read_options(const struct vmapctl *run, struct import_options *options)
{
    static const struct option names[] = {
        {"install", no_argument, NULL, 'i'}, {"inline", no_argument, NULL, 'l'}, {0}};
    int option;

    optind = 0;
    while ((option = getopt_long(run->word_count, (char *const *)(size_t)run->words, "+c:o:f",
                                 names, NULL)) != -1)
        switch (option) {
        case 'c':
            options->directory = optarg;
            break;
        case 'o':
            options->output = optarg;
            break;
        case 'f':
            options->overwrite = true;
            break;
        case 'i':
            options->install = true;
            break;
        case 'l':
            options->is_inline = true;
            break;
        default:
            return false;
        }
    return optind == run->word_count;
}

/* After the file is written: vmapd with it, and what there is to say about both. */
static int go_on(const struct vmapctl *run, const struct import_options *options)
{
    const char *const check[] = {"check", "-c", options->output, "-p", options->directory, NULL};
    const char *const compare[] = {"compare", "-c", options->directory, NULL};
    bool checked, same;

    if (!start_vmapd(run, options->output))
        return CONTROL_FAILED;
    puts("\nvmapctl check:");
    checked = vmapctl_check(&(struct vmapctl){run->socket, 0, 5, check}) == CONTROL_OK;
    puts("\nvmapctl compare:");
    same =
        vmapctl_compare(&(struct vmapctl){run->socket, run->timeout_s, 3, compare}) == CONTROL_OK;
    if (!same)
        puts("\nFirst mend what is said above: vmapd does not answer as the tables do.");
    else
        printf("\n%sNext: vmapctl switch\n", checked ? "" : "Mend what check says. ");
    return same ? CONTROL_OK : CONTROL_FAILED;
}

int vmapctl_import(const struct vmapctl *run)
{
    struct import_options options = {.directory = POSTFIX_DIRECTORY};
    struct buffer error = BUFFER_EMPTY;
    struct origin origin;
    int status = CONTROL_FAILED;

    if (!read_options(run, &options))
        return usage();
    if (options.install && options.output == NULL)
        options.output = CONFIG_DEFAULT_PATH;
    if (strcmp(run->socket, VMAPCTL_SOCKET) != 0)
        options.control = run->socket;
    if (!origin_read_now(&origin, options.directory, &error))
        fprintf(stderr, "vmapctl import: %s\n", buffer_text(&error));
    else
        status = import_from(&origin, &options);
    origin_free(&origin);
    buffer_free(&error);
    if (status == CONTROL_OK && options.install)
        status = go_on(run, &options);
    return status;
}
