/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-hash.h"
#include "dfn-wire.h"

#include <glib-object.h>

G_BEGIN_DECLS

/** DFN_LIVE_CHUNK_MAX_SIZE: the bytes of the largest payload of a live chunk */
#define DFN_LIVE_CHUNK_MAX_SIZE DFN_WIRE_MAX_LIVE_CHUNK
/** DFN_LIVE_STREAM_ID_SIZE: the bytes of a live stream's id */
#define DFN_LIVE_STREAM_ID_SIZE DFN_WIRE_CONTENT_SIZE
/** DFN_LIVE_KEY_SIZE: the bytes of the Ed25519 key that a stream's chunks are signed with */
#define DFN_LIVE_KEY_SIZE 32
/** DFN_LIVE_SIGNATURE_SIZE: the bytes of a chunk's signature */
#define DFN_LIVE_SIGNATURE_SIZE 64

/**
 * DfnLiveFlags:
 * @DFN_LIVE_FLAG_JOIN: whoever comes can begin with this chunk
 * @DFN_LIVE_FLAG_END: the track ends with this chunk; nobody begins with it
 * @DFN_LIVE_FLAG_CONTINUED: what this chunk holds goes on in the next one
 */
typedef enum {
  DFN_LIVE_FLAG_JOIN = 1 << 0,
  DFN_LIVE_FLAG_END = 1 << 1,
  DFN_LIVE_FLAG_CONTINUED = 1 << 2,
} DfnLiveFlags;

#define DFN_LIVE_FLAGS_ALL (DFN_LIVE_FLAG_JOIN | DFN_LIVE_FLAG_END | DFN_LIVE_FLAG_CONTINUED)

/**
 * DfnLiveHeader:
 * @epoch: which run of the broadcast; raised when it starts again
 * @track: below %DFN_WIRE_MAX_TRACKS
 * @sequence: the chunk's number within track and epoch, from 0
 * @presented_us: when it is to be played, in microseconds since the start of the epoch
 * @captured_us: the broadcaster's wall clock when it was captured, in microseconds since 1970
 * @flags: #DfnLiveFlags
 * @size: the payload's bytes, at least one
 * @preamble: how many bytes at the payload's start only those need who begin with this chunk; what
 *   came before has told them to everybody else (a transport stream's tables)
 * @hash: SHA-256 of the payload
 * @signature: Ed25519 by the stream's key, over everything above and the stream's id
 *
 * What is known of a live chunk besides its bytes.
 */
typedef struct {
  guint64 epoch;
  guint32 track;
  guint32 sequence;
  gint64 presented_us;
  gint64 captured_us;
  guint32 flags;
  guint32 size;
  guint32 preamble;
  guint8 hash[DFN_HASH_SIZE];
  guint8 signature[DFN_LIVE_SIGNATURE_SIZE];
} DfnLiveHeader;

/**
 * DfnLiveChunk:
 * @header: what is known of it
 * @payload: its bytes
 *
 * A chunk that was made here or has been verified: dfn_live_chunk_new_signed() and
 * dfn_live_chunk_verify() are the only ways to one, besides what this program itself stored.
 * Immutable and reference-counted; it may be used from any thread.
 */
typedef struct {
  DfnLiveHeader header;
  GBytes *payload;
  gatomicrefcount ref_count;
} DfnLiveChunk;

#define DFN_TYPE_LIVE_CHUNK (dfn_live_chunk_get_type ())
GType dfn_live_chunk_get_type (void);

/**
 * dfn_live_stream_id:
 * @pubkey: the broadcaster's Nostr key, 32 bytes
 * @identifier: the announcement's `d` tag
 * @id: (out caller-allocates): SHA-256 over a domain string, both of them and nothing else: a
 *   broadcast that starts again has the same
 */
void dfn_live_stream_id (const guint8 pubkey[DFN_HASH_SIZE],
                         const char *identifier,
                         guint8 id[DFN_LIVE_STREAM_ID_SIZE]);

/**
 * DfnLiveSigner:
 *
 * The secret half of a stream's key, in guarded memory. Made for one epoch of one stream.
 */
typedef struct _DfnLiveSigner DfnLiveSigner;

/* Returns: (transfer full): a signer with a new key, for the stream @id */
DfnLiveSigner *dfn_live_signer_new (const guint8 id[DFN_LIVE_STREAM_ID_SIZE]);
void dfn_live_signer_free (DfnLiveSigner *self);

/* Returns: (transfer none): the %DFN_LIVE_KEY_SIZE bytes that the announcement names */
const guint8 *dfn_live_signer_get_key (DfnLiveSigner *self);

/**
 * dfn_live_chunk_new_signed:
 * @signer: the stream's
 * @header: all but size, hash and signature set; within the limits of dfn_live_header_check()
 * @payload: (transfer none): at most %DFN_LIVE_CHUNK_MAX_SIZE bytes
 *
 * Returns: (transfer full): a chunk of our own
 */
DfnLiveChunk *
dfn_live_chunk_new_signed (DfnLiveSigner *signer, const DfnLiveHeader *header, GBytes *payload);

/**
 * dfn_live_header_check:
 * @header: from anywhere
 *
 * Judges what can be judged without the payload: sizes, track, flags, times between 2001 and 2100.
 *
 * Returns: %FALSE with %DFN_STREAMING_ERROR_INTEGRITY
 */
gboolean dfn_live_header_check (const DfnLiveHeader *header, GError **error);

/**
 * dfn_live_chunk_verify:
 * @id: the stream it should be of
 * @key: the stream's key, as the broadcaster announced it
 * @epoch: the epoch that key was announced for
 * @header: from anywhere
 * @payload: (transfer none): from anywhere
 *
 * Judges a chunk: limits, epoch, hash and signature. Whether it is new or old is another question;
 * it is answered by @captured_us against the newest chunk that verified.
 *
 * Returns: (transfer full) (nullable): the chunk, or %NULL with %DFN_STREAMING_ERROR_INTEGRITY
 */
DfnLiveChunk *dfn_live_chunk_verify (const guint8 id[DFN_LIVE_STREAM_ID_SIZE],
                                     const guint8 key[DFN_LIVE_KEY_SIZE],
                                     guint64 epoch,
                                     const DfnLiveHeader *header,
                                     GBytes *payload,
                                     GError **error);

/**
 * dfn_live_chunk_new_stored:
 * @header: of a chunk that was verified before it went to the disk
 * @payload: (transfer none): what came back from the disk
 *
 * Returns: (transfer full) (nullable): the chunk, or %NULL with %DFN_STREAMING_ERROR_INTEGRITY if
 *   the payload no longer has its hash
 */
DfnLiveChunk *
dfn_live_chunk_new_stored (const DfnLiveHeader *header, GBytes *payload, GError **error);

DfnLiveChunk *dfn_live_chunk_ref (DfnLiveChunk *self);
void dfn_live_chunk_unref (DfnLiveChunk *self);

/**
 * dfn_live_header_from_wire:
 * @message: a message that dfn_wire_unpack_frame() has passed
 *
 * Fills @header with what the message says; it is judged by dfn_live_chunk_verify().
 */
void dfn_live_header_from_wire (const Dfn__StreamChunk *message, DfnLiveHeader *header);

/**
 * dfn_live_header_to_wire:
 * @header: outlives @message, which points into it
 * @message: (out caller-allocates): the header as a message
 */
void dfn_live_header_to_wire (const DfnLiveHeader *header, Dfn__StreamChunk *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnLiveSigner, dfn_live_signer_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnLiveChunk, dfn_live_chunk_unref)

G_END_DECLS
