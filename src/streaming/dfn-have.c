/* SPDX-License-Identifier: MIT */
#include "dfn-have.h"

/* One Have holds this many bytes of bitmap; a larger file takes several. */
#define BITMAP_PIECE 16384
/* A gap of this many chunks costs as much as another message. */
#define WORTHWHILE_GAP 256

/* Between two tellings, and when there is much to tell. */
#define TELL_EVERY_US 150000
#define TELL_MUCH_EVERY_US 25000
#define MUCH (256 * 1024)

static void
send_piece (DfnPeer *peer, const guint8 *content, guint32 first, const GByteArray *bytes)
{
  Dfn__Have have = DFN__HAVE__INIT;

  have.content.data = (guint8 *) content;
  have.content.len = DFN_WIRE_CONTENT_SIZE;
  have.first_chunk = first;
  have.bitmap.data = bytes->data;
  have.bitmap.len = bytes->len;
  dfn_peer_send_have (peer, &have);
}

void
dfn_have_send_chunks (DfnPeer *peer, const guint8 *content, const DfnBitmap *chunks)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint32 n_chunks = dfn_bitmap_get_n_bits (chunks);
  guint32 first = 0, last = 0;

  for (guint32 i = dfn_bitmap_next (chunks, 0); i < n_chunks; i = dfn_bitmap_next (chunks, i + 1))
    {
      guint32 place;

      if (bytes->len > 0 && (i - last > WORTHWHILE_GAP || (i - first) / 8 >= BITMAP_PIECE))
        {
          send_piece (peer, content, first, bytes);
          g_byte_array_set_size (bytes, 0);
        }
      if (bytes->len == 0)
        first = i & ~7u;
      place = (i - first) / 8;
      while (bytes->len <= place)
        g_byte_array_append (bytes, (const guint8 *) "", 1);
      bytes->data[place] |= (guint8) (0x80 >> i % 8);
      last = i;
    }
  if (bytes->len > 0)
    send_piece (peer, content, first, bytes);
}

gint64
dfn_have_get_due_us (gint64 told_us, guint64 bytes)
{
  return told_us + (bytes >= MUCH ? TELL_MUCH_EVERY_US : TELL_EVERY_US);
}

gboolean
dfn_have_contains (const Dfn__Have *have, gsize place)
{
  return place / 8 < have->bitmap.len && (have->bitmap.data[place / 8] & (0x80 >> place % 8)) != 0;
}
