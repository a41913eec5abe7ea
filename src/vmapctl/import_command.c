/* import_command - the subcommand import: options and files; what it means is in import/decide.h. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control_protocol.h"
#include "origin.h"
#include "vmapctl.h"
#include "write.h"

struct import_options {
    const char *directory;
    const char *output; /* NULL = standard output */
    bool overwrite;
};

static bool write_all(int fd, const struct buffer *text)
{
    size_t done = 0;

    while (done < text->len) {
        ssize_t wrote = write(fd, text->data + done, text->len - done);

        if (wrote < 0 && errno != EINTR)
            return false;
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return fsync(fd) == 0;
}

static bool write_file(const struct import_options *options, const struct buffer *text)
{
    int how = options->overwrite ? O_TRUNC : O_EXCL;
    int fd = open(options->output, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0640);
    bool good;

    if (fd < 0 && errno == EEXIST) {
        fprintf(stderr, "vmapctl import: %s is there already; -f overwrites it\n", options->output);
        return false;
    }
    good = fd >= 0 && write_all(fd, text);
    if (!good)
        fprintf(stderr, "vmapctl import: %s: %s\n", options->output, strerror(errno));
    if (fd >= 0)
        close(fd);
    return good;
}

static int deliver(const struct import_plan *plan, const struct import_options *options)
{
    struct buffer config = BUFFER_EMPTY;
    struct buffer report = BUFFER_EMPTY;
    bool good = true;

    import_write_config(plan, &config);
    if (options->output == NULL) {
        fputs(buffer_text(&config), stdout);
    } else {
        good = write_file(options, &config);
        import_write_report(plan, &report);
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
        status = deliver(plan, options);
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
    fputs("usage: vmapctl import [-c DIRECTORY] [-o FILE [-f]]\n"
          "  -c DIRECTORY   of Postfix's configuration, default /etc/postfix\n"
          "  -o FILE        write the configuration there, and the commands to standard output\n"
          "  -f             overwrite FILE\n",
          stderr);
    return CONTROL_USAGE;
}

int vmapctl_import(const struct vmapctl *run)
{
    struct import_options options = {"/etc/postfix", NULL, false};
    struct buffer error = BUFFER_EMPTY;
    struct origin origin;
    int status = CONTROL_FAILED;
    int option;

    optind = 0;
    while ((option = getopt(run->word_count, (char *const *)(size_t)run->words, "+c:o:f")) != -1)
        switch (option) {
        case 'c':
            options.directory = optarg;
            break;
        case 'o':
            options.output = optarg;
            break;
        case 'f':
            options.overwrite = true;
            break;
        default:
            return usage();
        }
    if (optind < run->word_count)
        return usage();
    if (!origin_read_now(&origin, options.directory, &error))
        fprintf(stderr, "vmapctl import: %s\n", buffer_text(&error));
    else
        status = import_from(&origin, &options);
    origin_free(&origin);
    buffer_free(&error);
    return status;
}
