/* SPDX-License-Identifier: MIT */
#include "dfn-buffer-pool.h"

#include <string.h>

#define SIZE 4096

static void
test_reuse (void)
{
  g_autoptr (DfnBufferPool) pool = dfn_buffer_pool_new (SIZE, 2);
  guint8 *first, *second;
  GBytes *bytes = dfn_buffer_pool_take (pool, SIZE, &first);

  g_assert_true (g_bytes_get_data (bytes, NULL) == first);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, SIZE);
  g_assert_cmpuint ((guintptr) first % DFN_BUFFER_POOL_ALIGNMENT, ==, 0);
  memset (first, 0xAB, SIZE);
  g_assert_cmpuint (dfn_buffer_pool_get_n_idle (pool), ==, 0);
  g_bytes_unref (bytes);
  g_assert_cmpuint (dfn_buffer_pool_get_n_idle (pool), ==, 1);

  bytes = dfn_buffer_pool_take (pool, 10, &second);
  g_assert_true (second == first);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, 10);
  g_assert_cmpuint (dfn_buffer_pool_get_n_idle (pool), ==, 0);
  g_bytes_unref (bytes);
}

/* What two hold at once are two buffers, and no more than the limit are kept. */
static void
test_limit (void)
{
  g_autoptr (DfnBufferPool) pool = dfn_buffer_pool_new (SIZE, 2);
  GBytes *taken[5];
  guint8 *data[5];

  for (guint i = 0; i < G_N_ELEMENTS (taken); i++)
    {
      taken[i] = dfn_buffer_pool_take (pool, SIZE, &data[i]);
      memset (data[i], (int) i, SIZE);
    }
  for (guint i = 0; i < G_N_ELEMENTS (taken); i++)
    {
      g_assert_cmpuint (data[i][0], ==, i);
      g_assert_cmpuint (data[i][SIZE - 1], ==, i);
      g_bytes_unref (taken[i]);
      g_assert_cmpuint (dfn_buffer_pool_get_n_idle (pool), ==, MIN (i + 1, 2));
    }
}

static void
test_outlives_pool (void)
{
  DfnBufferPool *pool = dfn_buffer_pool_new (SIZE, 2);
  guint8 *data;
  GBytes *bytes = dfn_buffer_pool_take (pool, SIZE, &data);

  g_bytes_unref (dfn_buffer_pool_take (pool, SIZE, &(guint8 *){ NULL }));
  dfn_buffer_pool_free (pool);
  memset (data, 1, SIZE);
  g_bytes_unref (bytes);
}

static gpointer
free_many (gpointer queue)
{
  GBytes *bytes;

  while (g_bytes_get_size (bytes = g_async_queue_pop (queue)) > 0)
    g_bytes_unref (bytes);
  g_bytes_unref (bytes);
  return NULL;
}

/* As chunks are read on one thread and let go of on another. */
static void
test_threads (void)
{
  g_autoptr (DfnBufferPool) pool = dfn_buffer_pool_new (SIZE, 4);
  g_autoptr (GAsyncQueue) queue = g_async_queue_new ();
  GThread *thread = g_thread_new ("free", free_many, queue);
  guint8 *data;

  for (guint i = 0; i < 10000; i++)
    {
      GBytes *bytes = dfn_buffer_pool_take (pool, 1 + i % SIZE, &data);

      data[i % SIZE] = (guint8) i;
      g_async_queue_push (queue, bytes);
    }
  g_async_queue_push (queue, g_bytes_new (NULL, 0));
  g_thread_join (thread);
  g_assert_cmpuint (dfn_buffer_pool_get_n_idle (pool), <=, 4);
  g_assert_cmpuint (dfn_buffer_pool_get_n_idle (pool), >, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/buffer-pool/reuse", test_reuse);
  g_test_add_func ("/buffer-pool/limit", test_limit);
  g_test_add_func ("/buffer-pool/outlives-pool", test_outlives_pool);
  g_test_add_func ("/buffer-pool/threads", test_threads);
  return g_test_run ();
}
