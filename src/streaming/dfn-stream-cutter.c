/* SPDX-License-Identifier: MIT */
#include "dfn-stream-cutter.h"

#include "dfn-ts-tables.h"

#include <string.h>

/* As many packets in a row are no coincidence. */
#define PROOF_PACKETS 3
/* A place to join is worth a chunk of its own unless less than this is before it. */
#define MIN_CHUNK (4 * DFN_TS_PACKET)
/* So many bytes of tables are a PAT and a PMT at least. */
#define ALL_TABLES (2 * DFN_TS_PACKET)
/* How many slots the rest of a packet is waited for. */
#define PACKET_PATIENCE 10

struct _DfnStreamCutter {
  gint64 slot_us;
  gsize max_size;
  DfnStreamKind kind;
  gboolean is_finished;

  GByteArray *pending; /* bytes of the stream that are not cut yet */
  gint64 since_us;     /* when the first of them came */
  gint64 pushed_us;    /* when the last of them came */

  /* Of a transport stream. */
  DfnTsTables *tables;
  gsize scanned;     /* how many of the pending bytes have been looked at; a packet begins there */
  gsize table_run;   /* where the tables right before @scanned begin */
  gboolean is_lost;  /* what is at @scanned is no packet */
  gboolean can_join; /* the pending bytes begin where one can join */
  gboolean has_tables; /* and with the tables */
};

DfnStreamCutter *
dfn_stream_cutter_new (gint64 slot_us, gsize max_size)
{
  DfnStreamCutter *self;

  g_return_val_if_fail (max_size >= 7 * DFN_TS_PACKET, NULL);

  self = g_new0 (DfnStreamCutter, 1);
  self->slot_us = slot_us;
  self->max_size = max_size;
  self->pending = g_byte_array_new ();
  self->tables = dfn_ts_tables_new ();
  return self;
}

void
dfn_stream_cutter_free (DfnStreamCutter *self)
{
  g_byte_array_unref (self->pending);
  dfn_ts_tables_free (self->tables);
  g_free (self);
}

DfnStreamKind
dfn_stream_cutter_get_kind (DfnStreamCutter *self)
{
  return self->kind;
}

/* Whether packets may begin at @at; *@n is how many of them are here, of @PROOF_PACKETS. */
static gboolean
may_be_packets (DfnStreamCutter *self, gsize at, guint *n)
{
  for (*n = 0; *n < PROOF_PACKETS && at < self->pending->len; (*n)++, at += DFN_TS_PACKET)
    if (self->pending->data[at] != DFN_TS_SYNC)
      return FALSE;
  return TRUE;
}

static void
recognise (DfnStreamCutter *self, gboolean must_decide)
{
  guint n;

  if (self->kind != DFN_STREAM_UNKNOWN || self->pending->len == 0)
    return;
  if (!may_be_packets (self, 0, &n))
    self->kind = DFN_STREAM_OPAQUE;
  else if (n == PROOF_PACKETS)
    self->kind = DFN_STREAM_TRANSPORT;
  else if (must_decide)
    self->kind = self->pending->len % DFN_TS_PACKET == 0 ? DFN_STREAM_TRANSPORT : DFN_STREAM_OPAQUE;
}

void
dfn_stream_cutter_push (DfnStreamCutter *self, gint64 now_us, const guint8 *data, gsize length)
{
  if (length == 0)
    return;
  if (self->pending->len == 0)
    self->since_us = now_us;
  self->pushed_us = now_us;
  g_byte_array_append (self->pending, data, (guint) length);
  recognise (self, FALSE);
}

void
dfn_stream_cutter_finish (DfnStreamCutter *self)
{
  self->is_finished = TRUE;
  recognise (self, TRUE);
}

/* Takes the first @size pending bytes away. */
static void
take (DfnStreamCutter *self, gint64 now_us, gsize size, DfnCut *cut)
{
  g_autoptr (GByteArray) payload = g_byte_array_sized_new ((guint) size);

  cut->can_join = self->kind == DFN_STREAM_OPAQUE || self->can_join;
  cut->preamble = 0;
  cut->captured_us = MIN (self->pushed_us, now_us);
  if (self->can_join && !self->has_tables)
    {
      dfn_ts_tables_write (self->tables, payload, DFN_STREAM_CUTTER_MAX_PREAMBLE);
      cut->preamble = payload->len;
    }
  g_byte_array_append (payload, self->pending->data, (guint) size);
  cut->payload = g_byte_array_free_to_bytes (g_steal_pointer (&payload));
  g_byte_array_remove_range (self->pending, 0, (guint) size);
  /* What is left came with the last push: everything else was cut before it. */
  self->since_us = self->pushed_us;
  self->scanned -= MIN (size, self->scanned);
  self->table_run -= MIN (size, self->table_run);
  self->can_join = self->has_tables = FALSE;
}

/* Looks for the next packet; what is before it belongs to no packet, but to the stream. */
static gboolean
regain (DfnStreamCutter *self)
{
  for (; self->scanned < self->pending->len; self->scanned++)
    {
      guint n;

      if (!may_be_packets (self, self->scanned, &n))
        continue;
      if (n < PROOF_PACKETS && !self->is_finished)
        return FALSE;
      self->is_lost = FALSE;
      self->table_run = self->scanned;
      return TRUE;
    }
  return FALSE;
}

/* What to do with the packet at @scanned, which one can join at. It begins a chunk, and tables
 * right before it begin with it. Returns the bytes of the chunk to end before it, or 0. */
static gsize
begin_at_join (DfnStreamCutter *self)
{
  gsize least = dfn_ts_tables_have_picture (self->tables) ? MIN_CHUNK : self->max_size / 2;

  if (self->table_run == 0)
    {
      self->can_join = TRUE;
      self->has_tables = self->scanned >= ALL_TABLES;
      return 0;
    }
  return self->can_join && self->table_run < least ? 0 : self->table_run;
}

/* Looks at packets until a chunk has to end. Returns its bytes, or 0. */
static gsize
scan (DfnStreamCutter *self)
{
  while (self->scanned < self->pending->len)
    {
      const guint8 *packet;
      DfnTsRole role;
      gsize cut = 0;

      self->is_lost |= self->pending->data[self->scanned] != DFN_TS_SYNC;
      if (self->is_lost && !regain (self))
        break;
      if (self->scanned > 0 && self->scanned + DFN_TS_PACKET > self->max_size)
        return MIN (self->scanned, self->max_size);
      if (self->scanned + DFN_TS_PACKET > self->pending->len)
        break;
      packet = self->pending->data + self->scanned;
      role = dfn_ts_tables_take (self->tables, packet);
      if (role == DFN_TS_JOIN && dfn_ts_tables_are_complete (self->tables))
        cut = begin_at_join (self);
      if (cut > 0)
        return cut;
      self->scanned += DFN_TS_PACKET;
      if (role != DFN_TS_TABLE)
        self->table_run = self->scanned;
    }
  return self->scanned >= self->max_size ? self->max_size : 0;
}

/* What is to go because its time has come. */
static gsize
flush (DfnStreamCutter *self, gint64 now_us)
{
  gboolean is_due = now_us >= self->since_us + self->slot_us;

  if (self->is_finished || now_us >= self->since_us + PACKET_PATIENCE * self->slot_us)
    return MIN (self->pending->len, self->max_size);
  if (!is_due)
    return 0;
  if (self->kind == DFN_STREAM_OPAQUE)
    return self->pending->len;
  /* Tables at the end are likely to belong to what follows. */
  return self->table_run > 0 ? self->table_run : self->scanned;
}

gboolean
dfn_stream_cutter_next (DfnStreamCutter *self, gint64 now_us, DfnCut *cut)
{
  gsize size = 0;

  if (self->pending->len == 0)
    return FALSE;
  recognise (self, self->is_finished || now_us >= self->since_us + PACKET_PATIENCE * self->slot_us);
  switch (self->kind)
    {
    case DFN_STREAM_UNKNOWN:
      return FALSE;
    case DFN_STREAM_TRANSPORT:
      size = scan (self);
      break;
    case DFN_STREAM_OPAQUE:
      size = self->pending->len >= self->max_size ? self->max_size : 0;
      break;
    }
  if (size == 0)
    size = flush (self, now_us);
  if (size == 0)
    return FALSE;
  take (self, now_us, size, cut);
  return TRUE;
}

gint64
dfn_stream_cutter_get_deadline (DfnStreamCutter *self)
{
  gsize whole = self->table_run > 0 ? self->table_run : self->scanned;

  if (self->pending->len == 0)
    return G_MAXINT64;
  if (self->kind == DFN_STREAM_OPAQUE || (self->kind == DFN_STREAM_TRANSPORT && whole > 0))
    return self->since_us + self->slot_us;
  return self->since_us + PACKET_PATIENCE * self->slot_us;
}
