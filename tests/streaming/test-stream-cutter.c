/* SPDX-License-Identifier: MIT */
#include "dfn-stream-cutter.h"
#include "ts-source.h"

#include <string.h>

#define SLOT_US 100000
#define MAX_SIZE 16384
#define PACKET 188
#define FRAME_US 40000

typedef struct {
  DfnStreamCutter *cutter;
  GByteArray *input;
  GByteArray *output; /* payloads without preambles */
  GPtrArray *payloads;
  GArray *cuts;
} Fixture;

static void
set_up (Fixture *self, gconstpointer data)
{
  self->cutter = dfn_stream_cutter_new (SLOT_US, MAX_SIZE);
  self->input = g_byte_array_new ();
  self->output = g_byte_array_new ();
  self->payloads = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  self->cuts = g_array_new (FALSE, FALSE, sizeof (DfnCut));
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  dfn_stream_cutter_free (self->cutter);
  g_byte_array_unref (self->input);
  g_byte_array_unref (self->output);
  g_ptr_array_unref (self->payloads);
  g_array_unref (self->cuts);
}

static void
drain (Fixture *self, gint64 now_us)
{
  DfnCut cut;

  while (dfn_stream_cutter_next (self->cutter, now_us, &cut))
    {
      gsize size;
      const guint8 *data = g_bytes_get_data (cut.payload, &size);

      g_assert_cmpuint (size, >, cut.preamble);
      g_assert_cmpuint (size - cut.preamble, <=, MAX_SIZE);
      g_assert_cmpuint (cut.preamble, <=, DFN_STREAM_CUTTER_MAX_PREAMBLE);
      g_assert_cmpint (cut.captured_us, <=, now_us);
      g_byte_array_append (self->output, data + cut.preamble, (guint) (size - cut.preamble));
      g_ptr_array_add (self->payloads, cut.payload);
      g_array_append_val (self->cuts, cut);
    }
}

static void
push (Fixture *self, gint64 now_us, const void *data, gsize length)
{
  g_byte_array_append (self->input, data, (guint) length);
  dfn_stream_cutter_push (self->cutter, now_us, data, length);
  drain (self, now_us);
}

static void
end (Fixture *self, gint64 now_us)
{
  dfn_stream_cutter_finish (self->cutter);
  drain (self, now_us);
  g_assert_cmpmem (self->output->data, self->output->len, self->input->data, self->input->len);
  g_assert_cmpint (dfn_stream_cutter_get_deadline (self->cutter), ==, G_MAXINT64);
}

/* Frames at their pace, in pieces that do not end at packets. Returns the time at the end. */
static gint64
play (Fixture *self, TsSource *source, guint n_frames)
{
  gint64 now_us = 0;

  for (guint i = 0; i < n_frames; i++)
    {
      g_autoptr (GByteArray) frame = g_byte_array_new ();

      ts_source_add_frame (source, frame);
      now_us = (i + 1) * FRAME_US;
      if (now_us >= dfn_stream_cutter_get_deadline (self->cutter))
        drain (self, now_us);
      for (gsize at = 0; at < frame->len; at += 1000)
        push (self, now_us, frame->data + at, MIN (1000, frame->len - at));
    }
  return now_us;
}

static guint
pid_at (const guint8 *packet)
{
  g_assert_cmpint (packet[0], ==, 0x47);
  return (guint) ((packet[1] & 0x1f) << 8 | packet[2]);
}

/* Each chunk that can be joined begins with PAT, PMT and a key frame; each key frame is one. */
static void
assert_joinable (Fixture *self, guint n_keys)
{
  guint n = 0;

  for (guint i = 0; i < self->cuts->len; i++)
    {
      const DfnCut *cut = &g_array_index (self->cuts, DfnCut, i);
      gsize size;
      const guint8 *data = g_bytes_get_data (cut->payload, &size);

      g_assert_cmpuint (size % PACKET, ==, 0);
      if (!cut->can_join)
        continue;
      n++;
      g_assert_cmpuint (pid_at (data), ==, 0);
      g_assert_cmpuint (pid_at (data + PACKET), ==, 0x1000);
      while (pid_at (data) == 0 || pid_at (data) == 0x1000)
        data += PACKET;
      g_assert_cmpuint (pid_at (data), ==, 0x100);
      g_assert_cmpint (data[5] & 0x40, ==, 0x40);
    }
  g_assert_cmpuint (n, ==, n_keys);
}

static void
test_transport (Fixture *self, gconstpointer data)
{
  TsSource source = { .has_picture = TRUE,
                      .marks_keys = TRUE,
                      .tables_with_keys = GPOINTER_TO_INT (data),
                      .frame_packets = 30,
                      .key_interval = 25 };
  gint64 now_us = play (self, &source, 100);

  g_assert_cmpint (dfn_stream_cutter_get_kind (self->cutter), ==, DFN_STREAM_TRANSPORT);
  end (self, now_us);
  assert_joinable (self, 4);
  for (guint i = 0; i < self->cuts->len; i++)
    {
      const DfnCut *cut = &g_array_index (self->cuts, DfnCut, i);

      /* Nothing is repeated to those who have just read it. */
      if (GPOINTER_TO_INT (data) || !cut->can_join)
        g_assert_cmpuint (cut->preamble, ==, 0);
    }
  /* 100 frames of 5.6 kB in 4 s: a chunk for each slot, and one more at a key frame. */
  g_assert_cmpuint (self->cuts->len, >=, 34);
  g_assert_cmpuint (self->cuts->len, <=, 60);
}

/* A large key frame is cut into several chunks, the first of which can be joined. */
static void
test_large_frames (Fixture *self, gconstpointer data)
{
  TsSource source = { .has_picture = TRUE,
                      .marks_keys = TRUE,
                      .tables_with_keys = TRUE,
                      .frame_packets = 400,
                      .key_interval = 3 };

  end (self, play (self, &source, 9));
  assert_joinable (self, 3);
  g_assert_cmpuint (self->cuts->len, >=, 9 * 4);
}

/* Sound alone can be joined at any of its units, but gets no chunk for each. */
static void
test_sound_only (Fixture *self, gconstpointer data)
{
  TsSource source = { .marks_keys = TRUE, .frame_packets = 1, .key_interval = 1 };
  guint n_join = 0;
  gint64 now_us = play (self, &source, 250);

  end (self, now_us);
  for (guint i = 0; i < self->cuts->len; i++)
    n_join += g_array_index (self->cuts, DfnCut, i).can_join;
  g_assert_cmpuint (n_join, >=, 50);
  g_assert_cmpuint (self->cuts->len, <=, 2 * (guint) (now_us / SLOT_US) + 2);
}

/* A stream that never marks a place to begin can, after some patience, be joined at its tables. */
static void
test_unmarked (Fixture *self, gconstpointer data)
{
  TsSource source = { .has_picture = TRUE, .frame_packets = 100, .key_interval = 25 };
  guint n_join = 0;

  end (self, play (self, &source, 400));
  for (guint i = 0; i < self->cuts->len; i++)
    n_join += g_array_index (self->cuts, DfnCut, i).can_join;
  g_assert_cmpuint (n_join, >, 100);
}

/* Damage in the middle is passed on, and packets are found again after it. */
static void
test_resync (Fixture *self, gconstpointer data)
{
  TsSource source = { .has_picture = TRUE,
                      .marks_keys = TRUE,
                      .tables_with_keys = TRUE,
                      .frame_packets = 30,
                      .key_interval = 10 };
  guint8 garbage[40001];
  guint n_join = 0;

  memset (garbage, 0x47, 100);
  memset (garbage + 100, 0x11, sizeof garbage - 100);
  play (self, &source, 15);
  push (self, 15 * FRAME_US, garbage, sizeof garbage);
  end (self, 15 * FRAME_US + play (self, &source, 15));
  for (guint i = 0; i < self->cuts->len; i++)
    {
      const DfnCut *cut = &g_array_index (self->cuts, DfnCut, i);

      n_join += cut->can_join;
      if (cut->can_join)
        g_assert_cmpuint (pid_at (g_bytes_get_data (cut->payload, NULL)), ==, 0);
    }
  g_assert_cmpuint (n_join, ==, 3);
}

static void
test_opaque (Fixture *self, gconstpointer data)
{
  g_autofree guint8 *bytes = g_malloc (100000);

  for (guint i = 0; i < 100000; i++)
    bytes[i] = (guint8) (i * 7 + i / 256);
  push (self, 0, "a few words", 11);
  g_assert_cmpint (dfn_stream_cutter_get_kind (self->cutter), ==, DFN_STREAM_OPAQUE);
  g_assert_cmpuint (self->cuts->len, ==, 0);
  g_assert_cmpint (dfn_stream_cutter_get_deadline (self->cutter), ==, SLOT_US);
  drain (self, SLOT_US - 1);
  g_assert_cmpuint (self->cuts->len, ==, 0);
  drain (self, SLOT_US);
  g_assert_cmpuint (self->cuts->len, ==, 1);
  push (self, 2 * SLOT_US, bytes, 100000);
  g_assert_cmpuint (self->cuts->len, ==, 1 + 100000 / MAX_SIZE);
  end (self, 2 * SLOT_US);
  for (guint i = 0; i < self->cuts->len; i++)
    g_assert_true (g_array_index (self->cuts, DfnCut, i).can_join);
}

/* The letter G, with which packets begin, does not make a text wait for ever. */
static void
test_looks_like_packets (Fixture *self, gconstpointer data)
{
  push (self, 0, "Good evening", 12);
  g_assert_cmpint (dfn_stream_cutter_get_kind (self->cutter), ==, DFN_STREAM_UNKNOWN);
  drain (self, dfn_stream_cutter_get_deadline (self->cutter));
  g_assert_cmpint (dfn_stream_cutter_get_kind (self->cutter), ==, DFN_STREAM_OPAQUE);
  g_assert_cmpuint (self->output->len, ==, 12);
  end (self, 10 * SLOT_US);
}

static void
test_empty (Fixture *self, gconstpointer data)
{
  end (self, 0);
  g_assert_cmpuint (self->cuts->len, ==, 0);
}

int
main (int argc, char **argv)
{
#define ADD(name, data, func)                                                                      \
  g_test_add ("/stream-cutter/" name, Fixture, data, set_up, func, tear_down)
  g_test_init (&argc, &argv, NULL);
  ADD ("tables-before-keys", GINT_TO_POINTER (TRUE), test_transport);
  ADD ("tables-elsewhere", GINT_TO_POINTER (FALSE), test_transport);
  ADD ("large-frames", NULL, test_large_frames);
  ADD ("sound-only", NULL, test_sound_only);
  ADD ("unmarked", NULL, test_unmarked);
  ADD ("resync", NULL, test_resync);
  ADD ("opaque", NULL, test_opaque);
  ADD ("looks-like-packets", NULL, test_looks_like_packets);
  ADD ("empty", NULL, test_empty);
  return g_test_run ();
}
