/* origin - see the header. */
#include "origin.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "decide.h"
#include "log.h"
#include "xmalloc.h"

/* What is not quite right with a file is the business of vmapctl check. */
static void ignore_warning(void *arg, enum log_level level, const char *text)
{
    (void)arg;
    (void)level;
    (void)text;
}

/* Whether the configuration that names the file is one: the same code says so as in vmapd. */
static bool can_serve(const char *path, struct buffer *error)
{
    static const char place[] = "import:2: tables: "; /* where messages say that path is named */
    struct buffer text = BUFFER_EMPTY;
    struct buffer message = BUFFER_EMPTY;
    struct config *config;

    log_divert(ignore_warning, NULL);
    buffer_printf(&text, "[map import]\ntables = %s\n", path);
    config = config_parse("import", buffer_slice(&text), &message);
    if (config == NULL) {
        const char *said = buffer_text(&message);

        buffer_add_text(error,
                        said + (strncmp(said, place, strlen(place)) == 0 ? strlen(place) : 0));
        buffer_add_text(error, ".");
    }
    log_divert(NULL, NULL);
    config_unref(config);
    buffer_free(&text);
    buffer_free(&message);
    return config != NULL;
}

char *origin_saved_directory(const char *directory)
{
    return xasprintf("%s/before-vmapd", directory);
}

static bool take(struct origin *origin, struct postconf *postconf, bool is_saved)
{
    *origin = (struct origin){postconf, NULL, is_saved};
    if (postconf == NULL)
        return false;
    origin->plan = import_decide(postconf, can_serve);
    return true;
}

bool origin_read_now(struct origin *origin, const char *directory, struct buffer *error)
{
    return take(origin, postconf_read(directory, error), false);
}

bool origin_read(struct origin *origin, const char *directory, struct buffer *error)
{
    char *saved = origin_saved_directory(directory);
    bool is_saved = access(saved, F_OK) == 0;
    struct postconf *postconf =
        is_saved ? postconf_read_copy(saved, directory, error) : postconf_read(directory, error);

    free(saved);
    return take(origin, postconf, is_saved);
}

void origin_free(struct origin *origin)
{
    import_plan_free(origin->plan);
    postconf_free(origin->postconf);
}
