/* SPDX-License-Identifier: MIT */
#include "dfn-live-chunk.h"
#include "dfn-streaming-error.h"

#include <string.h>

#define EPOCH G_GUINT64_CONSTANT (1764081234)
#define NOW_US (G_GINT64_CONSTANT (1764081240) * G_USEC_PER_SEC)

static guint8 id[DFN_LIVE_STREAM_ID_SIZE];

static DfnLiveChunk *
make (DfnLiveSigner *signer, const char *text)
{
  DfnLiveHeader header = { .epoch = EPOCH,
                           .track = 3,
                           .sequence = 77,
                           .presented_us = 1234567,
                           .captured_us = NOW_US,
                           .flags = DFN_LIVE_FLAG_JOIN,
                           .preamble = 1 };
  g_autoptr (GBytes) payload = g_bytes_new (text, strlen (text));

  return dfn_live_chunk_new_signed (signer, &header, payload);
}

static gboolean
verifies (DfnLiveSigner *signer, const guint8 *stream, const DfnLiveHeader *header, GBytes *payload)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnLiveChunk) chunk = dfn_live_chunk_verify (stream, dfn_live_signer_get_key (signer),
                                                          EPOCH, header, payload, &error);

  if (chunk == NULL)
    g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INTEGRITY);
  return chunk != NULL;
}

/* Through a message, as between two peers. */
static void
test_round_trip (void)
{
  g_autoptr (DfnLiveSigner) signer = dfn_live_signer_new (id);
  g_autoptr (DfnLiveChunk) chunk = make (signer, "some bytes");
  Dfn__StreamChunk message;
  DfnLiveHeader back;

  dfn_live_header_to_wire (&chunk->header, &message);
  dfn_live_header_from_wire (&message, &back);
  g_assert_cmpmem (&back, G_STRUCT_OFFSET (DfnLiveHeader, signature), &chunk->header,
                   G_STRUCT_OFFSET (DfnLiveHeader, signature));
  g_assert_cmpmem (back.signature, DFN_LIVE_SIGNATURE_SIZE, chunk->header.signature,
                   DFN_LIVE_SIGNATURE_SIZE);
  g_assert_true (verifies (signer, id, &back, chunk->payload));
}

/* Every field is signed: whatever is changed, the chunk is refused. */
static void
test_every_field_is_signed (void)
{
  g_autoptr (DfnLiveSigner) signer = dfn_live_signer_new (id);
  g_autoptr (DfnLiveSigner) other = dfn_live_signer_new (id);
  g_autoptr (DfnLiveChunk) chunk = make (signer, "some bytes");
  g_autoptr (GBytes) bent = g_bytes_new_static ("some bytez", 10);
  const guint8 foreign[DFN_LIVE_STREAM_ID_SIZE] = { 1 };
  DfnLiveHeader header = chunk->header;

  g_assert_true (verifies (signer, id, &header, chunk->payload));
  g_assert_false (verifies (other, id, &header, chunk->payload));
  g_assert_false (verifies (signer, foreign, &header, chunk->payload));
  g_assert_false (verifies (signer, id, &header, bent));
#define CHANGED(field)                                                                             \
  header = chunk->header;                                                                          \
  header.field ^= 1;                                                                               \
  g_assert_false (verifies (signer, id, &header, chunk->payload))
  CHANGED (epoch);
  CHANGED (track);
  CHANGED (sequence);
  CHANGED (presented_us);
  CHANGED (captured_us);
  CHANGED (flags);
  CHANGED (size);
  CHANGED (preamble);
  CHANGED (hash[0]);
  CHANGED (hash[31]);
  CHANGED (signature[0]);
  CHANGED (signature[63]);
#undef CHANGED
}

static void
test_limits (void)
{
  g_autoptr (DfnLiveSigner) signer = dfn_live_signer_new (id);
  g_autoptr (DfnLiveChunk) chunk = make (signer, "x");
  DfnLiveHeader header = chunk->header;

  g_assert_true (dfn_live_header_check (&header, NULL));
#define BAD(field, value)                                                                          \
  header = chunk->header;                                                                          \
  header.field = value;                                                                            \
  g_assert_false (dfn_live_header_check (&header, NULL))
  BAD (track, DFN_WIRE_MAX_TRACKS);
  BAD (flags, 8);
  BAD (size, DFN_LIVE_CHUNK_MAX_SIZE + 1);
  BAD (size, 0);
  BAD (preamble, 2);
  BAD (captured_us, -1);
  BAD (captured_us, G_MAXINT64);
  BAD (presented_us, -1);
  BAD (presented_us, G_MAXINT64);
#undef BAD
}

/* The encoding is fixed: another implementation that follows doc/protocol.md gets the same id. */
static void
test_stream_id (void)
{
  guint8 pubkey[DFN_HASH_SIZE], expected[DFN_HASH_SIZE], got[DFN_HASH_SIZE];
  g_autoptr (DfnSha256) sha = dfn_sha256_new ();

  memset (pubkey, 0xab, sizeof pubkey);
  dfn_sha256_update (sha, "defiance live stream 1\0", 23);
  dfn_sha256_update (sha, pubkey, sizeof pubkey);
  dfn_sha256_update (sha, "evening show", 12);
  dfn_sha256_finish (sha, expected);
  dfn_live_stream_id (pubkey, "evening show", got);
  g_assert_cmpmem (got, sizeof got, expected, sizeof expected);
  dfn_live_stream_id (pubkey, "evening shov", got);
  g_assert_cmpint (memcmp (got, expected, sizeof got), !=, 0);
}

static void
test_stored (void)
{
  g_autoptr (DfnLiveSigner) signer = dfn_live_signer_new (id);
  g_autoptr (DfnLiveChunk) chunk = make (signer, "some bytes");
  g_autoptr (GBytes) rotten = g_bytes_new_static ("some bytes?", 11);
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnLiveChunk) good =
      dfn_live_chunk_new_stored (&chunk->header, chunk->payload, &error);
  DfnLiveChunk *bad;

  g_assert_no_error (error);
  g_assert_true (verifies (signer, id, &good->header, good->payload));
  bad = dfn_live_chunk_new_stored (&chunk->header, rotten, &error);
  g_assert_null (bad);
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_INTEGRITY);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/live-chunk/round-trip", test_round_trip);
  g_test_add_func ("/live-chunk/every-field-is-signed", test_every_field_is_signed);
  g_test_add_func ("/live-chunk/limits", test_limits);
  g_test_add_func ("/live-chunk/stream-id", test_stream_id);
  g_test_add_func ("/live-chunk/stored", test_stored);
  return g_test_run ();
}
