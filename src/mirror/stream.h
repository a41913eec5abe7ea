/*
 * stream - a server's changes as it tells them by itself, for all of its mirrors that want that: when to
 * follow its log, which mirrors a change concerns, and whether the stream may be believed.
 *
 * It begins at a version that the reader's connection was told, on that same server; so it misses nothing
 * that is not in rows which were asked for after that version. From then on version and stream are held
 * against each other: what the version has come to the stream must have told, and the other way round, within
 * seconds. On any doubt it ends, mirrors are what they are without a stream (fresh.c), and it is begun anew.
 */
#ifndef VMAPD_MIRROR_STREAM_H
#define VMAPD_MIRROR_STREAM_H

#include "parts.h"

struct db_host;

enum stream_state { STREAM_OFF, STREAM_CONNECTING, STREAM_READY, STREAM_STARTING, STREAM_RUNNING };

/* The next look of a mirror is another one than it was. From the event loop. */
typedef void stream_news(void *arg);

/* For these mirrors, as far as they want it. */
struct stream *stream_new(struct event_base *base, const struct mirror_list *mirrors,
                          stream_news *news, void *arg);
void stream_free(struct stream *stream);

/* The reader is connected, to this host, which is borrowed until it is connected to another one. Without it no
 * stream begins; one that runs goes on. */
void stream_connected(struct stream *stream, const struct db_host *host,
                      const struct epoch_server *server);
void stream_disconnected(struct stream *stream);

/* Which mirrors want it, or as whom it is to log in, has changed. */
void stream_reconsider(struct stream *stream);

/* A question that each look has to ask, too, behind the version, or NULL; its answer stands in the look. */
const char *stream_question(const struct stream *stream);

/* A look has been answered. Fills in what it means for the stream. */
void stream_take_look(struct stream *stream, struct look *look, uint64_t now_ms);

/* Whether the mirror is the table at this moment, as far as anybody knows. */
bool stream_tells(const struct stream *stream, const struct mirror *mirror, uint64_t now_ms);

void stream_describe(const struct stream *stream, uint64_t now_ms,
                     struct mirror_stream_status *status);

#endif
