/* configuration - see the header. */
#include "configuration.h"

#include "log.h"

static void take_line(void *arg, enum log_level level, const char *text)
{
    if (level <= LOG_LEVEL_WARNING)
        check_problem(arg, "%s", text);
    else if (level == LOG_LEVEL_INFO)
        check_note(arg, "%s", text);
}

struct config *check_configuration(struct check *check, const char *path)
{
    struct buffer error = BUFFER_EMPTY;
    struct config *config;

    log_divert(take_line, check);
    config = config_load(path, &error);
    log_divert(NULL, NULL);
    if (config == NULL)
        check_problem(check, "%s", buffer_text(&error));
    else
        check_ok(check, "%s: %zu maps, %zu tables", path, config->map_count, config->table_count);
    buffer_free(&error);
    return config;
}
