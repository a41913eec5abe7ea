/* files - see the header. */
#include "files.h"

#include <errno.h>

#include "child.h"
#include "unix_user.h"

/* Whether the account gets there. What is not there is no matter of rights. */
static bool check_way(struct check *check, const struct unix_user *account, const char *origin,
                      const char *path)
{
    struct buffer directory = BUFFER_EMPTY;
    mode_t mode = 0;
    enum way way = unix_user_way(account, path, &directory, &mode);

    if (way == WAY_FORBIDDEN)
        check_problem(
            check,
            "%s: user %s, as which vmapd runs, may not enter %s (mode %04o), where %s is; "
            "setfacl -m u:%s:x %s (package acl)",
            origin, account->name, buffer_text(&directory), (unsigned)mode, path, account->name,
            buffer_text(&directory));
    buffer_free(&directory);
    return way == WAY_OPEN;
}

/* Access control lists count, so it is tried. Only root can; for others the modes decide. */
static bool can_read(const struct unix_user *account, const char *path)
{
    const char *const words[] = {"test", "-r", path, NULL};
    struct buffer out = BUFFER_EMPTY, complaints = BUFFER_EMPTY;
    bool can = child_run(&(struct child){words, {"", 0}, account->name}, &out, &complaints) == 0;

    buffer_free(&out);
    buffer_free(&complaints);
    return can;
}

static void check_file(struct check *check, const struct unix_user *account, const char *origin,
                       const char *path)
{
    struct stat status;

    if (path == NULL || path[0] != '/' || can_read(account, path) ||
        !check_way(check, account, origin, path))
        return;
    if (stat(path, &status) != 0 && errno == ENOENT)
        check_problem(check, "%s: %s is not there; make it, or mend the name", origin, path);
    else if (stat(path, &status) == 0 && !unix_user_may(account, &status, MAY_READ))
        check_problem(
            check,
            "%s: user %s, as which vmapd runs, may not read %s (mode %04o), so vmapd does "
            "not start or reload; setfacl -m u:%s:r %s (package acl)",
            origin, account->name, path, (unsigned)status.st_mode & 07777, account->name, path);
}

static void check_domain_files(struct check *check, const struct unix_user *account,
                               const struct table_def *table)
{
    const struct domain_list *domains = table->rules.domains;
    const char *path;

    for (size_t i = 0; domains != NULL && (path = domain_list_file(domains, i)) != NULL; i++)
        check_file(check, account, table->origin, path);
}

void check_files(struct check *check, const struct config *config, const char *user)
{
    struct unix_user account;

    if (!unix_user_find(user, &account)) {
        check_note(check, "there is no user %s here, so nobody to check the files for", user);
        return;
    }
    check_file(check, &account, config->path, config->path);
    for (size_t i = 0; i < config->table_count; i++) {
        const struct table_def *table = config->tables[i];

        check_file(check, &account, table->origin, table->name); /* the path of a .cf file */
        check_file(check, &account, table->origin, table->password_file);
        check_file(check, &account, table->origin, table->stream_password_file);
        check_file(check, &account, table->origin, table->db.option_file);
        check_file(check, &account, table->origin, table->db.tls_ca_file);
        check_file(check, &account, table->origin, table->db.tls_ca_path);
        check_file(check, &account, table->origin, table->db.tls_cert_file);
        check_file(check, &account, table->origin, table->db.tls_key_file);
        check_domain_files(check, &account, table);
    }
}
