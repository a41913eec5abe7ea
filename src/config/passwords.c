/* passwords - the one of a table, written or in a file; see parts.h. None of them is ever shown. */
#include "parts.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "regular_file.h"
#include "xmalloc.h"

#define PASSWORD_MAX      1023
#define PASSWORD_FILE_MAX 65536

/* A name that is no absolute path is one of the service's credentials, if systemd gives it any. */
static char *password_path(const char *name)
{
    const char *directory = getenv("CREDENTIALS_DIRECTORY");

    return name[0] != '/' && directory != NULL ? xasprintf("%s/%s", directory, name)
                                               : xstrdup(name);
}

/* The first line of the file; NULL and why not. */
static char *read_password_file(const char *path, struct buffer *why)
{
    struct buffer text = BUFFER_EMPTY;
    struct stat status;
    const char *failure = regular_file_read(path, PASSWORD_FILE_MAX, &text, &status);
    size_t len = strcspn(buffer_text(&text), "\r\n");
    char *password = NULL;

    if (failure != NULL) {
        buffer_printf(why, "cannot read %s: %s", path, failure);
    } else if (len == 0 || len > PASSWORD_MAX) {
        buffer_printf(why, "expected a password of 1 to %d bytes in the first line of %s",
                      PASSWORD_MAX, path);
    } else {
        password = xstrndup(buffer_text(&text), len);
        if ((status.st_mode & S_IRWXO) != 0)
            log_warning("%s holds a password, and every user of this machine has access to it",
                        path);
    }
    buffer_free(&text);
    return password;
}

bool table_def_read_password(struct table_def *table, const struct settings_chain *chain,
                             struct buffer *error)
{
    struct found password = settings_find_name(chain, "password");
    struct found file = settings_find_name(chain, "password_file");
    struct buffer why = BUFFER_EMPTY;

    if (file.in != NULL && file.in == password.in)
        return settings_fail(file.in, file.line, error,
                             "expected either password or password_file; password is in line %u",
                             password.line);
    if (file.in == NULL || (password.in != NULL && password.in == chain->at[0]))
        return true;
    table->password_file = password_path(file.text);
    free(table->db.password);
    table->db.password = read_password_file(table->password_file, &why);
    if (table->db.password == NULL)
        settings_fail_value(chain, "password_file", buffer_text(&why), error);
    buffer_free(&why);
    return table->db.password != NULL;
}
