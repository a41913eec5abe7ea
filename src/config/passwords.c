/* passwords - those of a table, written or in a file; see parts.h. None of them is ever shown. */
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

/* One that may be written, or be in a file: whichever is nearer to the table. */
static bool read_password(const struct settings_chain *chain, const char *name,
                          const char *file_name, char **value, char **path, struct buffer *error)
{
    struct found password = settings_find_name(chain, name);
    struct found file = settings_find_name(chain, file_name);
    struct buffer why = BUFFER_EMPTY;

    if (file.in != NULL && file.in == password.in)
        return settings_fail(file.in, file.line, error,
                             "expected either %s or %s; %s is in line %u", name, file_name, name,
                             password.line);
    if (file.in == NULL || (password.in != NULL && password.in == chain->at[0]))
        return true;
    *path = password_path(file.text);
    free(*value);
    *value = read_password_file(*path, &why);
    if (*value == NULL)
        settings_fail_value(chain, file_name, buffer_text(&why), error);
    buffer_free(&why);
    return *value != NULL;
}

bool table_def_read_passwords(struct table_def *table, const struct settings_chain *chain,
                              struct buffer *error)
{
    return read_password(chain, "password", "password_file", &table->db.password,
                         &table->password_file, error) &&
           read_password(chain, "mirror_stream_password", "mirror_stream_password_file",
                         &table->stream_password, &table->stream_password_file, error);
}

/* No memory that is used again has it. */
void table_def_forget_passwords(struct table_def *table)
{
    if (table->stream_password != NULL)
        explicit_bzero(table->stream_password, strlen(table->stream_password));
    free(table->password_file);
    free(table->stream_password_file);
}
