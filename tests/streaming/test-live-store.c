/* SPDX-License-Identifier: MIT */
#include "dfn-live-store.h"
#include "dfn-streaming-error.h"
#include "streaming-test-support.h"

#include <glib/gstdio.h>
#include <string.h>

#define NOW_US (G_GINT64_CONSTANT (1764081240) * G_USEC_PER_SEC)
#define SLOT_US 100000
#define SIZE 20000

typedef struct {
  Scratch scratch;
  DfnLiveSigner *signer;
  DfnLiveStore *store;
  guint n_notices;
} Fixture;

static void
on_notice (DfnLiveStore *store, const char *sentence, Fixture *f)
{
  f->n_notices++;
}

static void
open_store (Fixture *f, const char *folder, gint64 window_us, guint64 max_bytes, gint64 recent_us)
{
  f->store = dfn_live_store_new (folder, window_us, max_bytes, recent_us);
  g_signal_connect (f->store, "notice", G_CALLBACK (on_notice), f);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  const guint8 id[DFN_LIVE_STREAM_ID_SIZE] = { 1 };

  scratch_set_up (&f->scratch, NULL);
  f->signer = dfn_live_signer_new (id);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  /* What is being written holds it. */
  while (G_OBJECT (f->store)->ref_count > 1)
    g_main_context_iteration (NULL, TRUE);
  g_assert_finalize_object (f->store);
  dfn_live_signer_free (f->signer);
  scratch_tear_down (&f->scratch, NULL);
}

static DfnLiveChunk *
make (Fixture *f, guint32 sequence)
{
  DfnLiveHeader header = { .epoch = 1,
                           .sequence = sequence,
                           .captured_us = NOW_US + (gint64) sequence * SLOT_US,
                           .flags = sequence % 10 == 0 ? DFN_LIVE_FLAG_JOIN : 0 };
  guint8 *data = g_malloc (SIZE);
  g_autoptr (GBytes) payload = NULL;

  for (guint i = 0; i < SIZE; i++)
    data[i] = (guint8) (i * 7 + sequence);
  payload = g_bytes_new_take (data, SIZE);
  return dfn_live_chunk_new_signed (f->signer, &header, payload);
}

static void
add (Fixture *f, guint32 sequence)
{
  g_autoptr (DfnLiveChunk) chunk = make (f, sequence);

  dfn_live_store_add (f->store, chunk);
}

static DfnLiveChunk *
read_chunk (Fixture *f, guint32 sequence, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *waiting = NULL;

  dfn_live_store_read_async (f->store, 0, sequence, NULL, on_test_result, &waiting);
  result = test_wait (&waiting);
  return dfn_live_store_read_finish (f->store, result, error);
}

static void
assert_reads (Fixture *f, guint32 sequence)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnLiveChunk) chunk = read_chunk (f, sequence, &error);
  g_autoptr (DfnLiveChunk) expected = make (f, sequence);

  g_assert_no_error (error);
  g_assert_cmpuint (chunk->header.sequence, ==, sequence);
  g_assert_true (g_bytes_equal (chunk->payload, expected->payload));
  g_assert_cmpmem (chunk->header.signature, DFN_LIVE_SIGNATURE_SIZE, expected->header.signature,
                   DFN_LIVE_SIGNATURE_SIZE);
}

static void
assert_is_gone (Fixture *f, guint32 sequence)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnLiveChunk) chunk = read_chunk (f, sequence, &error);

  g_assert_null (chunk);
  g_assert_error (error, DFN_STREAMING_ERROR, DFN_STREAMING_ERROR_FILE);
  g_assert_false (dfn_live_store_has (f->store, 0, sequence));
}

static DfnLiveStoreStats
stats_of (Fixture *f)
{
  DfnLiveStoreStats stats;

  dfn_live_store_get_stats (f->store, &stats);
  return stats;
}

/* The last seconds come from memory, what is older from the disk, and no file has a name. */
static void
test_memory_and_disk (Fixture *f, gconstpointer data)
{
  g_autoptr (GDir) dir = NULL;
  DfnLiveChunk *chunk;

  open_store (f, f->scratch.folder, DFN_LIVE_STORE_WINDOW_US, DFN_LIVE_STORE_MAX_BYTES,
              10 * SLOT_US);
  for (guint32 i = 0; i < 100; i++)
    add (f, i);
  chunk = dfn_live_store_lookup (f->store, 0, 95);
  g_assert_nonnull (chunk);
  dfn_live_chunk_unref (chunk);
  g_assert_null (dfn_live_store_lookup (f->store, 0, 50));
  g_assert_cmpuint (stats_of (f).memory_bytes, <=, 11 * SIZE);
  g_assert_cmpuint (stats_of (f).n_chunks, ==, 100);
  g_assert_cmpint (stats_of (f).window_us, ==, 99 * SLOT_US);
  for (guint32 i = 0; i < 100; i += 7)
    assert_reads (f, i);
  dir = g_dir_open (f->scratch.folder, 0, NULL);
  g_assert_null (g_dir_read_name (dir));
}

/* What is older than the window, or beyond its bytes, is forgotten. */
static void
test_bounded_in_time (Fixture *f, gconstpointer data)
{
  open_store (f, f->scratch.folder, 50 * SLOT_US, DFN_LIVE_STORE_MAX_BYTES, 5 * SLOT_US);
  for (guint32 i = 0; i < 200; i++)
    add (f, i);
  g_assert_cmpuint (stats_of (f).n_chunks, ==, 51);
  assert_is_gone (f, 148);
  assert_reads (f, 149);
}

static void
test_bounded_in_bytes (Fixture *f, gconstpointer data)
{
  open_store (f, f->scratch.folder, DFN_LIVE_STORE_WINDOW_US, 30 * SIZE, 5 * SLOT_US);
  for (guint32 i = 0; i < 200; i++)
    add (f, i);
  g_assert_cmpuint (stats_of (f).disk_bytes, <=, 30 * SIZE);
  g_assert_cmpuint (stats_of (f).n_chunks, <=, 30);
  assert_is_gone (f, 150);
  assert_reads (f, 185);
}

/* Without a window there is only memory. */
static void
test_no_disk (Fixture *f, gconstpointer data)
{
  open_store (f, f->scratch.folder, 0, 0, 10 * SLOT_US);
  for (guint32 i = 0; i < 100; i++)
    add (f, i);
  g_assert_cmpuint (stats_of (f).n_chunks, ==, 11);
  g_assert_cmpuint (stats_of (f).disk_bytes, ==, 0);
  assert_is_gone (f, 80);
  assert_reads (f, 95);
}

/* A disk that fails makes the window shorter and is told once; the stream goes on. */
static void
test_broken_disk (Fixture *f, gconstpointer data)
{
  g_autofree char *file = scratch_write (&f->scratch, "file", 1, 1);
  g_autofree char *folder = g_build_filename (file, "below", NULL);

  open_store (f, folder, DFN_LIVE_STORE_WINDOW_US, DFN_LIVE_STORE_MAX_BYTES, 10 * SLOT_US);
  for (guint32 i = 0; i < 100; i++)
    {
      add (f, i);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
  for (guint i = 0; i < 100 && f->n_notices == 0; i++)
    {
      g_usleep (10000);
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_cmpuint (f->n_notices, ==, 1);
  add (f, 100);
  assert_reads (f, 100);
  assert_reads (f, 95);
  assert_is_gone (f, 50);
  g_assert_cmpuint (stats_of (f).n_unstored, >, 0);
}

static void
test_find (Fixture *f, gconstpointer data)
{
  guint32 sequence;
  gint64 captured_us;

  open_store (f, f->scratch.folder, 50 * SLOT_US, DFN_LIVE_STORE_MAX_BYTES, 5 * SLOT_US);
  g_assert_false (dfn_live_store_find (f->store, 0, NOW_US, &sequence, &captured_us));
  for (guint32 i = 0; i < 100; i++)
    add (f, i);
  g_assert_true (dfn_live_store_find (f->store, 0, NOW_US + 77 * SLOT_US, &sequence, &captured_us));
  g_assert_cmpuint (sequence, ==, 70);
  g_assert_cmpint (captured_us, ==, NOW_US + 70 * SLOT_US);
  /* Further back than there is: the oldest. */
  g_assert_true (dfn_live_store_find (f->store, 0, NOW_US, &sequence, &captured_us));
  g_assert_cmpuint (sequence, ==, 50);
  g_assert_false (dfn_live_store_find (f->store, 1, NOW_US, &sequence, &captured_us));
}

int
main (int argc, char **argv)
{
#define ADD(name, func) g_test_add ("/live-store/" name, Fixture, NULL, set_up, func, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("memory-and-disk", test_memory_and_disk);
  ADD ("bounded-in-time", test_bounded_in_time);
  ADD ("bounded-in-bytes", test_bounded_in_bytes);
  ADD ("no-disk", test_no_disk);
  ADD ("broken-disk", test_broken_disk);
  ADD ("find", test_find);
  return g_test_run ();
}
