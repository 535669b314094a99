/* SPDX-License-Identifier: MIT */
#include "dfn-upload-queue.h"

#define S 1000000
#define CHUNK_SIZE (256 * 1024)
/* An uplink that two chunks fill. */
#define UPLINK (2 * CHUNK_SIZE)

static DfnUploadQueue *
make_queue (guint n_peers)
{
  DfnUploadQueue *queue = dfn_upload_queue_new (64, CHUNK_SIZE);

  dfn_upload_queue_set_uplink (queue, UPLINK);
  for (guint i = 1; i <= n_peers; i++)
    g_assert_true (dfn_upload_queue_add_peer (queue, 0, i));
  return queue;
}

static void
assert_next (DfnUploadQueue *queue, gint64 now_us, guint64 peer, guint32 index)
{
  guint64 chosen;
  guint32 chunk;

  g_assert_true (dfn_upload_queue_next (queue, now_us, &chosen, &chunk));
  g_assert_cmpuint (chosen, ==, peer);
  g_assert_cmpuint (chunk, ==, index);
}

static void
assert_none (DfnUploadQueue *queue, gint64 now_us)
{
  guint64 chosen;
  guint32 chunk;

  g_assert_false (dfn_upload_queue_next (queue, now_us, &chosen, &chunk));
}

/* Two at a time; the next one goes when one has left, or is held up by its own way. */
static void
test_few_under_way (void)
{
  g_autoptr (DfnUploadQueue) queue = make_queue (5);
  DfnUploadQueueStats stats;
  gint64 wakeup;

  for (guint i = 1; i <= 5; i++)
    g_assert_true (dfn_upload_queue_request (queue, i, i, i));
  g_assert_false (dfn_upload_queue_request (queue, 0, 3, 3));
  assert_next (queue, 10, 1, 1);
  assert_next (queue, 10, 2, 2);
  assert_none (queue, 10);
  dfn_upload_queue_sent (queue, 1 * S, 2, 2);
  assert_next (queue, 1 * S, 3, 3);
  assert_none (queue, 1 * S);
  wakeup = dfn_upload_queue_get_wakeup (queue, 1 * S);
  g_assert_cmpint (wakeup, >, 1 * S);
  g_assert_cmpint (wakeup, <, 10 * S);
  assert_next (queue, wakeup, 4, 4);
  dfn_upload_queue_get_stats (queue, &stats);
  g_assert_cmpuint (stats.n_under_way, ==, 3);
  g_assert_cmpuint (stats.n_waiting, ==, 1);
  g_assert_cmpuint (stats.n_served, ==, 1);
}

/* Every chunk is out once before one goes out twice. */
static void
test_first_copies (void)
{
  g_autoptr (DfnUploadQueue) queue = make_queue (4);

  dfn_upload_queue_request (queue, 0, 1, 7);
  assert_next (queue, 0, 1, 7);
  dfn_upload_queue_sent (queue, 1, 1, 7);
  dfn_upload_queue_peer_has (queue, 2, 1, 7);
  dfn_upload_queue_request (queue, 3, 2, 7);
  dfn_upload_queue_request (queue, 4, 3, 7);
  dfn_upload_queue_request (queue, 5, 4, 8);
  assert_next (queue, 6, 4, 8);
  assert_next (queue, 6, 2, 7);
}

/* Whoever has least goes first, if all have said what they have. */
static void
test_furthest_behind (void)
{
  g_autoptr (DfnUploadQueue) queue = make_queue (2);

  for (guint32 i = 0; i < 32; i++)
    dfn_upload_queue_peer_has (queue, 0, 1, i);
  for (guint32 i = 0; i < 8; i++)
    dfn_upload_queue_peer_has (queue, 0, 2, i);
  dfn_upload_queue_request (queue, 0, 1, 9);
  dfn_upload_queue_request (queue, 0, 2, 10);
  dfn_upload_queue_peer_has_all (queue, 3);
  dfn_upload_queue_peer_has (queue, 0, 1, 40);
  dfn_upload_queue_request (queue, 0, 1, 41);
  dfn_upload_queue_request (queue, 0, 2, 11);
  /* 41 is nobody's yet; of the others 10 and 11 are asked for by the one with less. */
  assert_next (queue, 1, 1, 41);
  assert_next (queue, 1, 2, 10);
}

static void
test_cancel (void)
{
  g_autoptr (DfnUploadQueue) queue = make_queue (2);
  DfnUploadQueueStats stats;

  dfn_upload_queue_request (queue, 0, 1, 1);
  dfn_upload_queue_request (queue, 0, 1, 2);
  dfn_upload_queue_request (queue, 0, 2, 3);
  assert_next (queue, 0, 1, 1);
  dfn_upload_queue_cancel (queue, 1, 1);
  dfn_upload_queue_cancel (queue, 1, 2);
  dfn_upload_queue_cancel (queue, 1, 2);
  dfn_upload_queue_cancel (queue, 7, 2);
  assert_next (queue, 0, 2, 3);
  assert_none (queue, 0);
  dfn_upload_queue_remove_peer (queue, 2);
  dfn_upload_queue_get_stats (queue, &stats);
  g_assert_cmpuint (stats.n_peers, ==, 1);
  g_assert_cmpuint (stats.n_waiting, ==, 0);
  g_assert_cmpuint (stats.n_under_way, ==, 0);
}

/* Gives @peer chunk @index and says that it has left. */
static void
give (DfnUploadQueue *queue, gint64 now_us, guint64 peer, guint32 index)
{
  g_assert_true (dfn_upload_queue_request (queue, now_us, peer, index));
  assert_next (queue, now_us, peer, index);
  dfn_upload_queue_sent (queue, now_us, peer, index);
}

/* Peer 1 passes on what it is entrusted with and peer 2 does not: it comes last, yet not never. */
static void
test_idlers (void)
{
  g_autoptr (DfnUploadQueue) queue = make_queue (3);
  DfnUploadQueueStats stats;
  guint n_idler = 0;
  gint64 now = 0;

  give (queue, now, 1, 0);
  dfn_upload_queue_peer_has (queue, now, 1, 0);
  give (queue, now, 2, 1);
  now += S;
  dfn_upload_queue_peer_has (queue, now, 3, 0);
  dfn_upload_queue_peer_has (queue, now, 2, 1);
  now += 20 * S;
  for (guint32 i = 2; i < 32; i++)
    {
      guint64 peer;
      guint32 chunk;

      dfn_upload_queue_request (queue, now, 1, i);
      dfn_upload_queue_request (queue, now, 2, i + 32);
      g_assert_true (dfn_upload_queue_next (queue, now, &peer, &chunk));
      n_idler += peer == 2;
      dfn_upload_queue_sent (queue, now, peer, chunk);
      dfn_upload_queue_peer_has (queue, now, peer, chunk);
      if (peer == 1)
        dfn_upload_queue_peer_has (queue, now, 3, chunk);
    }
  dfn_upload_queue_get_stats (queue, &stats);
  g_assert_cmpuint (stats.n_idlers, ==, 1);
  g_assert_cmpuint (n_idler, >=, 1);
  g_assert_cmpuint (n_idler, <=, 6);
}

/* That nothing is left is said once each time, not too often, and not to those who have all. */
static void
test_idle (void)
{
  g_autoptr (DfnUploadQueue) queue = make_queue (2);
  guint64 told[DFN_UPLOAD_QUEUE_MAX_TOLD];

  g_assert_cmpuint (dfn_upload_queue_take_idle (queue, 0, told), ==, 0);
  dfn_upload_queue_request (queue, 0, 1, 7);
  assert_next (queue, S, 1, 7);
  g_assert_cmpuint (dfn_upload_queue_take_idle (queue, S, told), ==, 0);
  dfn_upload_queue_sent (queue, 2 * S, 1, 7);
  g_assert_cmpuint (dfn_upload_queue_take_idle (queue, 2 * S, told), ==, 2);
  g_assert_cmpuint (told[0], ==, 1);
  g_assert_cmpuint (told[1], ==, 2);
  g_assert_cmpuint (dfn_upload_queue_take_idle (queue, 3 * S, told), ==, 0);
  dfn_upload_queue_request (queue, 3 * S, 2, 7);
  g_assert_cmpuint (dfn_upload_queue_take_idle (queue, 3 * S, told), ==, 0);
  assert_next (queue, 3 * S, 2, 7);
  dfn_upload_queue_cancel (queue, 2, 7);
  dfn_upload_queue_peer_has_all (queue, 1);
  g_assert_cmpuint (dfn_upload_queue_take_idle (queue, 3 * S, told), ==, 1);
  g_assert_cmpuint (told[0], ==, 2);
  dfn_upload_queue_request (queue, 3 * S, 2, 8);
  assert_next (queue, 3 * S, 2, 8);
  dfn_upload_queue_sent (queue, 3 * S, 2, 8);
  g_assert_cmpuint (dfn_upload_queue_take_idle (queue, 3 * S + 1000, told), ==, 0);
  for (guint32 i = 0; i < 64; i++)
    dfn_upload_queue_peer_has (queue, 0, 2, i);
  g_assert_cmpuint (dfn_upload_queue_take_idle (queue, 4 * S, told), ==, 0);
}

/* Of many, a few are told, and others the next time. */
static void
test_idle_turns (void)
{
  g_autoptr (DfnUploadQueue) queue = make_queue (8);
  guint64 told[DFN_UPLOAD_QUEUE_MAX_TOLD];

  for (guint round = 0; round < 2; round++)
    {
      dfn_upload_queue_request (queue, 0, 1, round);
      assert_next (queue, round * S, 1, round);
      dfn_upload_queue_sent (queue, round * S, 1, round);
      g_assert_cmpuint (dfn_upload_queue_take_idle (queue, S + round * S, told), ==,
                        DFN_UPLOAD_QUEUE_MAX_TOLD);
      for (guint i = 0; i < DFN_UPLOAD_QUEUE_MAX_TOLD; i++)
        g_assert_cmpuint (told[i], ==, 1 + (round * DFN_UPLOAD_QUEUE_MAX_TOLD + i) % 8);
    }
}

/* Small chunks go as many more at once: what the uplink sends in a while, and so much to one peer.
 */
static void
test_small_chunks (void)
{
  g_autoptr (DfnUploadQueue) queue = dfn_upload_queue_new (64, CHUNK_SIZE / 4);
  DfnUploadQueueStats stats;
  guint64 peer;
  guint32 index;

  g_assert_true (dfn_upload_queue_add_peer (queue, 0, 1));
  g_assert_true (dfn_upload_queue_add_peer (queue, 0, 2));
  for (guint32 i = 0; i < 20; i++)
    g_assert_true (dfn_upload_queue_request (queue, 0, 1, i));
  /* 256 KiB while nothing is known. */
  for (guint i = 0; i < 4; i++)
    g_assert_true (dfn_upload_queue_next (queue, 0, &peer, &index));
  assert_none (queue, 0);
  /* A fast one takes more, 512 KiB to one peer, and the others' as well. */
  dfn_upload_queue_set_uplink (queue, 100 * CHUNK_SIZE);
  for (guint i = 0; i < 4; i++)
    g_assert_true (dfn_upload_queue_next (queue, 0, &peer, &index));
  assert_none (queue, 0);
  g_assert_true (dfn_upload_queue_request (queue, 0, 2, 30));
  assert_next (queue, 0, 2, 30);
  dfn_upload_queue_get_stats (queue, &stats);
  g_assert_cmpuint (stats.n_under_way, ==, 9);
}

/* Whatever peers do, what is kept of them is bounded. */
static void
test_limits (void)
{
  g_autoptr (DfnUploadQueue) queue = dfn_upload_queue_new (100000, CHUNK_SIZE);
  DfnUploadQueueStats stats;
  guint n_taken = 0;

  for (guint i = 0; i < DFN_UPLOAD_QUEUE_MAX_PEERS; i++)
    g_assert_true (dfn_upload_queue_add_peer (queue, 0, i));
  g_assert_false (dfn_upload_queue_add_peer (queue, 0, 1000));
  for (guint32 i = 0; i < 1000; i++)
    n_taken += dfn_upload_queue_request (queue, 0, 1, i);
  g_assert_cmpuint (n_taken, ==, DFN_UPLOAD_QUEUE_MAX_REQUESTS);
  dfn_upload_queue_peer_has (queue, 0, 1, G_MAXUINT32);
  dfn_upload_queue_peer_has (queue, 0, 1000, 1);
  dfn_upload_queue_get_stats (queue, &stats);
  g_assert_cmpuint (stats.n_waiting, ==, DFN_UPLOAD_QUEUE_MAX_REQUESTS);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/streaming/upload-queue/few-under-way", test_few_under_way);
  g_test_add_func ("/streaming/upload-queue/first-copies", test_first_copies);
  g_test_add_func ("/streaming/upload-queue/furthest-behind", test_furthest_behind);
  g_test_add_func ("/streaming/upload-queue/cancel", test_cancel);
  g_test_add_func ("/streaming/upload-queue/idlers", test_idlers);
  g_test_add_func ("/streaming/upload-queue/idle", test_idle);
  g_test_add_func ("/streaming/upload-queue/idle-turns", test_idle_turns);
  g_test_add_func ("/streaming/upload-queue/small-chunks", test_small_chunks);
  g_test_add_func ("/streaming/upload-queue/limits", test_limits);
  return g_test_run ();
}
