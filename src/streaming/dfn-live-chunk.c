/* SPDX-License-Identifier: MIT */
#include "dfn-live-chunk.h"

#include "dfn-bytes.h"
#include "dfn-secret.h"
#include "dfn-streaming-error.h"

#include <sodium.h>
#include <string.h>

/* Each is hashed or signed with its final zero byte, so that neither begins the other. */
#define ID_DOMAIN "defiance live stream 1"
#define CHUNK_DOMAIN "defiance live chunk 1"

/* domain, stream id, epoch, track, sequence, times, flags, size, preamble, hash */
#define SIGNED_SIZE                                                                                \
  (sizeof CHUNK_DOMAIN + DFN_LIVE_STREAM_ID_SIZE + 8 + 4 + 4 + 8 + 8 + 4 + 4 + 4 + DFN_HASH_SIZE)

#define FIRST_TIME_US (G_GINT64_CONSTANT (1000000000) * G_USEC_PER_SEC) /* September 2001 */
#define LAST_TIME_US (G_GINT64_CONSTANT (4102444800) * G_USEC_PER_SEC)  /* January 2100 */

G_STATIC_ASSERT (DFN_LIVE_KEY_SIZE == crypto_sign_PUBLICKEYBYTES);
G_STATIC_ASSERT (DFN_LIVE_SIGNATURE_SIZE == crypto_sign_BYTES);

struct _DfnLiveSigner {
  guint8 id[DFN_LIVE_STREAM_ID_SIZE];
  guint8 key[DFN_LIVE_KEY_SIZE];
  guint8 *secret; /* crypto_sign_SECRETKEYBYTES in guarded memory */
};

G_DEFINE_BOXED_TYPE (DfnLiveChunk, dfn_live_chunk, dfn_live_chunk_ref, dfn_live_chunk_unref)

void
dfn_live_stream_id (const guint8 pubkey[DFN_HASH_SIZE],
                    const char *identifier,
                    guint8 id[DFN_LIVE_STREAM_ID_SIZE])
{
  g_autoptr (DfnSha256) sha = dfn_sha256_new ();

  dfn_sha256_update (sha, ID_DOMAIN, sizeof ID_DOMAIN);
  dfn_sha256_update (sha, pubkey, DFN_HASH_SIZE);
  dfn_sha256_update (sha, identifier, strlen (identifier));
  dfn_sha256_finish (sha, id);
}

DfnLiveSigner *
dfn_live_signer_new (const guint8 id[DFN_LIVE_STREAM_ID_SIZE])
{
  DfnLiveSigner *self = g_new0 (DfnLiveSigner, 1);

  memcpy (self->id, id, sizeof self->id);
  self->secret = dfn_secret_new (crypto_sign_SECRETKEYBYTES);
  if (crypto_sign_keypair (self->key, self->secret) != 0)
    g_error ("No signature key can be made");
  return self;
}

void
dfn_live_signer_free (DfnLiveSigner *self)
{
  dfn_secret_free (self->secret);
  g_free (self);
}

const guint8 *
dfn_live_signer_get_key (DfnLiveSigner *self)
{
  return self->key;
}

static guint8 *
put (guint8 *at, const void *data, gsize length)
{
  memcpy (at, data, length);
  return at + length;
}

static guint8 *
put_be32 (guint8 *at, guint32 value)
{
  dfn_write_be32 (at, value);
  return at + 4;
}

static guint8 *
put_be64 (guint8 *at, guint64 value)
{
  return put_be32 (put_be32 (at, (guint32) (value >> 32)), (guint32) value);
}

/* What is signed: every field at its place, so that no two headers have the same bytes. */
static void
encode (const guint8 *id, const DfnLiveHeader *header, guint8 out[SIGNED_SIZE])
{
  guint8 *at = put (out, CHUNK_DOMAIN, sizeof CHUNK_DOMAIN);

  at = put (at, id, DFN_LIVE_STREAM_ID_SIZE);
  at = put_be64 (at, header->epoch);
  at = put_be32 (at, header->track);
  at = put_be32 (at, header->sequence);
  at = put_be64 (at, (guint64) header->presented_us);
  at = put_be64 (at, (guint64) header->captured_us);
  at = put_be32 (at, header->flags);
  at = put_be32 (at, header->size);
  at = put_be32 (at, header->preamble);
  at = put (at, header->hash, DFN_HASH_SIZE);
  g_assert (at == out + SIGNED_SIZE);
}

static DfnLiveChunk *
chunk_new (const DfnLiveHeader *header, GBytes *payload)
{
  DfnLiveChunk *self = g_new0 (DfnLiveChunk, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->header = *header;
  self->payload = g_bytes_ref (payload);
  return self;
}

DfnLiveChunk *
dfn_live_chunk_new_signed (DfnLiveSigner *signer, const DfnLiveHeader *header, GBytes *payload)
{
  DfnLiveHeader full = *header;
  guint8 message[SIGNED_SIZE];
  gsize size;
  const void *data = g_bytes_get_data (payload, &size);

  g_return_val_if_fail (size <= DFN_LIVE_CHUNK_MAX_SIZE, NULL);

  full.size = (guint32) size;
  dfn_sha256 (data, size, full.hash);
  g_return_val_if_fail (dfn_live_header_check (&full, NULL), NULL);
  encode (signer->id, &full, message);
  crypto_sign_detached (full.signature, NULL, message, sizeof message, signer->secret);
  return chunk_new (&full, payload);
}

static gboolean
invalid (GError **error, const char *reason)
{
  g_set_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INTEGRITY,
               "A live chunk does not verify: %s", reason);
  return FALSE;
}

gboolean
dfn_live_header_check (const DfnLiveHeader *header, GError **error)
{
  if (header->track >= DFN_WIRE_MAX_TRACKS)
    return invalid (error, "it belongs to no track");
  if ((header->flags & ~(guint32) DFN_LIVE_FLAGS_ALL) != 0)
    return invalid (error, "its flags are not understood");
  if (header->size > DFN_LIVE_CHUNK_MAX_SIZE)
    return invalid (error, "it is too large");
  if (header->size == 0)
    return invalid (error, "it is empty");
  if (header->preamble > header->size)
    return invalid (error, "its preamble is longer than it");
  if (header->captured_us < FIRST_TIME_US || header->captured_us > LAST_TIME_US
      || header->presented_us < 0 || header->presented_us > LAST_TIME_US)
    return invalid (error, "its times make no sense");
  return TRUE;
}

static gboolean
has_hash (const DfnLiveHeader *header, GBytes *payload)
{
  guint8 hash[DFN_HASH_SIZE];
  gsize size;
  const void *data = g_bytes_get_data (payload, &size);

  if (size != header->size)
    return FALSE;
  dfn_sha256 (data, size, hash);
  return memcmp (hash, header->hash, sizeof hash) == 0;
}

DfnLiveChunk *
dfn_live_chunk_verify (const guint8 id[DFN_LIVE_STREAM_ID_SIZE],
                       const guint8 key[DFN_LIVE_KEY_SIZE],
                       guint64 epoch,
                       const DfnLiveHeader *header,
                       GBytes *payload,
                       GError **error)
{
  guint8 message[SIGNED_SIZE];
  gboolean is_valid = dfn_live_header_check (header, error);

  if (is_valid && header->epoch != epoch)
    is_valid = invalid (error, "it is of another run of the broadcast");
  if (is_valid && !has_hash (header, payload))
    is_valid = invalid (error, "its bytes are not those of its hash");
  if (!is_valid)
    return NULL;
  encode (id, header, message);
  if (crypto_sign_verify_detached (header->signature, message, sizeof message, key) != 0)
    {
      invalid (error, "the broadcaster did not sign it");
      return NULL;
    }
  return chunk_new (header, payload);
}

DfnLiveChunk *
dfn_live_chunk_new_stored (const DfnLiveHeader *header, GBytes *payload, GError **error)
{
  if (!has_hash (header, payload))
    {
      invalid (error, "the disk has changed it");
      return NULL;
    }
  return chunk_new (header, payload);
}

DfnLiveChunk *
dfn_live_chunk_ref (DfnLiveChunk *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
dfn_live_chunk_unref (DfnLiveChunk *self)
{
  if (!g_atomic_ref_count_dec (&self->ref_count))
    return;
  g_bytes_unref (self->payload);
  g_free (self);
}

void
dfn_live_header_from_wire (const Dfn__StreamChunk *message, DfnLiveHeader *header)
{
  *header = (DfnLiveHeader){
    .epoch = message->epoch,
    .track = message->track,
    .sequence = message->sequence,
    .presented_us = message->presented_us,
    .captured_us = (gint64) message->captured_us,
    .flags = message->flags,
    .size = message->size,
    .preamble = message->preamble,
  };
  if (message->hash.len == sizeof header->hash)
    memcpy (header->hash, message->hash.data, sizeof header->hash);
  if (message->signature.len == sizeof header->signature)
    memcpy (header->signature, message->signature.data, sizeof header->signature);
}

void
dfn_live_header_to_wire (const DfnLiveHeader *header, Dfn__StreamChunk *message)
{
  dfn__stream_chunk__init (message);
  message->epoch = header->epoch;
  message->track = header->track;
  message->sequence = header->sequence;
  message->presented_us = header->presented_us;
  message->captured_us = (guint64) header->captured_us;
  message->flags = header->flags;
  message->size = header->size;
  message->preamble = header->preamble;
  message->hash.data = (guint8 *) header->hash;
  message->hash.len = sizeof header->hash;
  message->signature.data = (guint8 *) header->signature;
  message->signature.len = sizeof header->signature;
}
