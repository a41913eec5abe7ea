/*
 * cf - see the header. Physical lines are gathered into one logical line, which becomes a cf_line
 * when the next one begins. The file owns all its strings.
 */
#include "cf.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "regular_file.h"
#include "xmalloc.h"

struct cf_file {
    char *name;
    struct cf_line *lines;
    size_t count;
    size_t capacity;
    bool is_public;
};

/* A file on its way from text to lines. */
struct reader {
    struct cf_file *file;
    bool with_sections;
    struct buffer logical;   /* the logical line so far; empty between lines */
    unsigned first_line;     /* where it began */
    unsigned line;           /* the physical line at hand */
    struct cf_piece *pieces; /* of the logical line; at counts from its start */
    size_t piece_count;
    bool skipping; /* in white space before the first logical line, already warned */
    struct buffer *error;
};

/* White space as Postfix has it: isspace(3) of the C locale, whatever ours is. */
static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct slice trim(struct slice text)
{
    while (text.len > 0 && is_space(text.data[0])) {
        text.data++;
        text.len--;
    }
    while (text.len > 0 && is_space(text.data[text.len - 1]))
        text.len--;
    return text;
}

static bool fail(struct reader *reader, unsigned line, const char *message)
{
    buffer_printf(reader->error, "%s:%u: %s", reader->file->name, line, message);
    return false;
}

static void add_line(struct reader *reader, enum cf_kind kind, struct slice name,
                     struct slice value)
{
    struct cf_file *file = reader->file;

    if (file->count == file->capacity) {
        file->capacity = file->capacity == 0 ? 32 : 2 * file->capacity;
        file->lines = xrealloc(file->lines, file->capacity * sizeof(file->lines[0]));
    }
    file->lines[file->count++] = (struct cf_line){
        .kind = kind,
        .line = reader->first_line,
        .name = xstrndup(name.data, name.len),
        .value = xstrndup(value.data, value.len),
    };
}

/* What continued the line, counted from the start of its value. */
static void keep_pieces(struct reader *reader, const char *value)
{
    struct cf_line *line = &reader->file->lines[reader->file->count - 1];
    size_t start = (size_t)(value - reader->logical.data);

    for (size_t i = 0; i < reader->piece_count; i++) {
        struct cf_piece piece = reader->pieces[i];

        if (piece.at < start || piece.at - start >= strlen(line->value))
            continue;
        line->pieces = xrealloc(line->pieces, (line->piece_count + 1) * sizeof(piece));
        line->pieces[line->piece_count++] = (struct cf_piece){piece.line, piece.at - start};
    }
}

/* "[word]" or "[word rest]". */
static bool finish_section(struct reader *reader, struct slice text)
{
    struct slice name;
    size_t len = 0;

    text = trim(text);
    if (text.data[text.len - 1] != ']')
        return fail(reader, reader->first_line, "expected ']' at the end of the section line");
    text = trim((struct slice){text.data + 1, text.len - 2});
    while (len < text.len && !is_space(text.data[len]))
        len++;
    if (len == 0)
        return fail(reader, reader->first_line,
                    "expected the name of a section between '[' and ']'");
    name = (struct slice){text.data, len};
    add_line(reader, CF_SECTION, name, trim((struct slice){text.data + len, text.len - len}));
    return true;
}

/* "name = value". Messages show only what can be a name: the rest may be a password. */
static bool finish_parameter(struct reader *reader, struct slice text)
{
    struct slice name = {text.data, 0}, rest;

    while (name.len < text.len && !is_space(text.data[name.len]) && text.data[name.len] != '=')
        name.len++;
    rest = trim((struct slice){text.data + name.len, text.len - name.len});
    if (name.len == 0)
        return fail(reader, reader->first_line, "expected a parameter name before '='");
    if (!reader->with_sections && text.data[0] == '[' && (rest.len == 0 || rest.data[0] != '='))
        return fail(reader, reader->first_line,
                    "expected \"name = value\", this file has no [section] lines");
    if (rest.len == 0 || rest.data[0] != '=') {
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
        int shown = (int)strspn(buffer_text(&reader->logical), letters);

        buffer_printf(reader->error,
                      "%s:%u: expected \"name = value\", found no '=' after \"%.*s\"",
                      reader->file->name, reader->first_line, shown < 40 ? shown : 40, text.data);
        return false;
    }
    rest = trim((struct slice){rest.data + 1, rest.len - 1});
    add_line(reader, CF_PARAMETER, name, rest);
    keep_pieces(reader, rest.data);
    return true;
}

static bool finish_logical(struct reader *reader)
{
    struct slice text = buffer_slice(&reader->logical);
    bool good = true;

    if (text.len > 0) {
        if (reader->with_sections && text.data[0] == '[')
            good = finish_section(reader, text);
        else
            good = finish_parameter(reader, text);
    }
    buffer_clear(&reader->logical);
    reader->piece_count = 0;
    return good;
}

/* White space at the start of a line, and nothing before it that the line could continue. */
static bool continue_nothing(struct reader *reader)
{
    if (reader->with_sections)
        return fail(reader, reader->line,
                    "white space at the start continues a line, but there is none before; "
                    "begin in the first column");
    if (!reader->skipping)
        log_warning("%s:%u: ignored, as Postfix does: white space at the start continues a line, "
                    "but there is none before",
                    reader->file->name, reader->line);
    reader->skipping = true;
    return true;
}

static void add_piece(struct reader *reader, size_t at)
{
    reader->pieces =
        xrealloc(reader->pieces, (reader->piece_count + 1) * sizeof(reader->pieces[0]));
    reader->pieces[reader->piece_count++] = (struct cf_piece){reader->line, at};
}

static bool take_physical(struct reader *reader, struct slice line)
{
    struct slice content = trim(line);

    if (memchr(line.data, '\0', line.len) != NULL)
        return fail(reader, reader->line, "expected text, found a NUL byte");
    if (content.len == 0 || content.data[0] == '#')
        return true;
    if (!is_space(line.data[0])) {
        if (!finish_logical(reader))
            return false;
        reader->first_line = reader->line;
    } else if (reader->logical.len == 0) {
        return continue_nothing(reader);
    } else if (reader->with_sections && reader->logical.data[0] == '[') {
        return fail(reader, reader->line,
                    "white space at the start continues a line, but a [section] line cannot be "
                    "continued; begin in the first column");
    }
    if (reader->logical.len + line.len > CF_LINE_MAX)
        return fail(reader, reader->first_line, "expected at most 1 MiB in one (continued) line");
    if (reader->logical.len > 0)
        add_piece(reader, reader->logical.len + (size_t)(content.data - line.data));
    buffer_add(&reader->logical, line.data, line.len);
    return true;
}

static bool take_text(struct reader *reader, struct slice text)
{
    const char *at = text.data, *end = text.data + text.len;

    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline != NULL ? newline : end;

        reader->line++;
        if (!take_physical(reader, (struct slice){at, (size_t)(stop - at)}))
            return false;
        at = newline != NULL ? newline + 1 : end;
    }
    return finish_logical(reader);
}

struct cf_file *cf_parse(const char *name, struct slice text, bool with_sections,
                         struct buffer *error)
{
    struct cf_file *file = xcalloc(1, sizeof(*file));
    struct reader reader = {.file = file, .with_sections = with_sections, .error = error};
    bool good;

    file->name = xstrdup(name);
    good = take_text(&reader, text);
    buffer_free(&reader.logical);
    free(reader.pieces);
    if (!good) {
        cf_free(file);
        return NULL;
    }
    return file;
}

struct cf_file *cf_read(const char *path, bool with_sections, struct buffer *error)
{
    struct buffer text = BUFFER_EMPTY;
    struct cf_file *file = NULL;
    struct stat status;
    const char *why = regular_file_read(path, CF_FILE_MAX, &text, &status);

    if (why != NULL)
        buffer_printf(error, "%s: cannot read it: %s", path, why);
    else
        file = cf_parse(path, buffer_slice(&text), with_sections, error);
    if (file != NULL)
        file->is_public = (status.st_mode & S_IRWXO) != 0;
    buffer_free(&text);
    return file;
}

void cf_free(struct cf_file *file)
{
    if (file == NULL)
        return;
    for (size_t i = 0; i < file->count; i++) {
        free(file->lines[i].name);
        free(file->lines[i].value);
        free(file->lines[i].pieces);
    }
    free(file->lines);
    free(file->name);
    free(file);
}

const char *cf_name(const struct cf_file *file)
{
    return file->name;
}

size_t cf_count(const struct cf_file *file)
{
    return file->count;
}

const struct cf_line *cf_line(const struct cf_file *file, size_t index)
{
    return &file->lines[index];
}

unsigned cf_line_at(const struct cf_line *line, size_t at)
{
    unsigned number = line->line;

    for (size_t i = 0; i < line->piece_count && line->pieces[i].at <= at; i++)
        number = line->pieces[i].line;
    return number;
}

bool cf_is_public(const struct cf_file *file)
{
    return file->is_public;
}
