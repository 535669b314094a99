/* SPDX-License-Identifier: MIT */
#include "dfn-index-pass.h"

#include "dfn-manifest.h"

/* Enough to keep both threads busy while one of them waits for the disk. */
#define N_SLOTS 8

typedef struct {
  gint users; /* threads that have not hashed it yet */
  gsize length;
  guint8 *data;
} Slot;

typedef struct {
  gsize chunk_size;
  Slot slots[N_SLOTS];
  Slot end; /* no chunk; tells the second thread to stop */
  GAsyncQueue *empty;
  GAsyncQueue *filled;
  DfnSha256 *whole;
  guint8 *sha256;
} Pass;

static void
pass_init (Pass *pass, guint32 chunk_size, guint8 *sha256)
{
  pass->chunk_size = chunk_size;
  pass->empty = g_async_queue_new ();
  pass->filled = g_async_queue_new ();
  pass->whole = dfn_sha256_new ();
  pass->sha256 = sha256;
  for (guint i = 0; i < N_SLOTS; i++)
    {
      pass->slots[i].data = g_malloc (pass->chunk_size);
      g_async_queue_push (pass->empty, &pass->slots[i]);
    }
}

static void
pass_clear (Pass *pass)
{
  for (guint i = 0; i < N_SLOTS; i++)
    g_free (pass->slots[i].data);
  g_async_queue_unref (pass->empty);
  g_async_queue_unref (pass->filled);
  dfn_sha256_free (pass->whole);
}

static void
release (Pass *pass, Slot *slot)
{
  if (g_atomic_int_dec_and_test (&slot->users))
    g_async_queue_push (pass->empty, slot);
}

static gpointer
hash_whole (gpointer data)
{
  Pass *pass = data;
  Slot *slot;

  while ((slot = g_async_queue_pop (pass->filled)) != &pass->end)
    {
      dfn_sha256_update (pass->whole, slot->data, slot->length);
      release (pass, slot);
    }
  dfn_sha256_finish (pass->whole, pass->sha256);
  return NULL;
}

static gboolean
read_chunks (Pass *pass,
             DfnSourceFile *file,
             DfnHashTree *tree,
             DfnProgress *progress,
             GCancellable *cancellable,
             GError **error)
{
  guint64 size = dfn_source_file_get_size (file);
  guint8 leaf[DFN_HASH_SIZE];

  for (guint64 offset = 0; offset < size; offset += pass->chunk_size)
    {
      Slot *slot = g_async_queue_pop (pass->empty);

      slot->length = (gsize) MIN (pass->chunk_size, size - offset);
      if (g_cancellable_set_error_if_cancelled (cancellable, error)
          || !dfn_source_file_read (file, slot->data, slot->length, (goffset) offset, error))
        return FALSE;
      g_atomic_int_set (&slot->users, 2);
      g_async_queue_push (pass->filled, slot);
      dfn_hash_tree_hash_leaf (slot->data, slot->length, leaf);
      release (pass, slot);
      dfn_hash_tree_append_leaf (tree, leaf);
      dfn_progress_report (progress, (goffset) MIN (offset + pass->chunk_size, size),
                           (goffset) size);
    }
  return TRUE;
}

gboolean
dfn_index_pass (DfnSourceFile *file,
                guint32 chunk_size,
                DfnHashTree *tree,
                guint8 sha256[DFN_HASH_SIZE],
                DfnProgress *progress,
                GCancellable *cancellable,
                GError **error)
{
  Pass pass = { 0 };
  GThread *thread;
  gboolean ok;

  pass_init (&pass, chunk_size, sha256);
  thread = g_thread_new ("dfn-hash", hash_whole, &pass);
  dfn_source_file_advise (file, TRUE);
  ok = read_chunks (&pass, file, tree, progress, cancellable, error);
  dfn_source_file_advise (file, FALSE);
  g_async_queue_push (pass.filled, &pass.end);
  g_thread_join (thread);
  pass_clear (&pass);
  return ok && dfn_source_file_check (file, error);
}
