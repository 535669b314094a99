/* SPDX-License-Identifier: MIT */
#include "ts-source.h"

#include <string.h>

#define PACKET 188
#define PID_PMT 0x1000
#define PID_PICTURE 0x100
#define PID_SOUND 0x101
#define TABLE_INTERVAL 40

static void
add_packet (TsSource *self,
            GByteArray *out,
            guint pid,
            gboolean starts,
            gboolean is_key,
            const guint8 *payload,
            gsize length)
{
  guint8 packet[PACKET];
  gsize offset = 4;

  memset (packet, 0xff, sizeof packet);
  packet[0] = 0x47;
  packet[1] = (guint8) ((starts ? 0x40 : 0) | pid >> 8);
  packet[2] = (guint8) pid;
  packet[3] = (guint8) (0x10 | (self->n_packets & 0x0f));
  if (is_key)
    {
      packet[3] |= 0x20;
      packet[4] = 1;
      packet[5] = 0x40;
      offset = 6;
    }
  if (payload != NULL)
    memcpy (packet + offset, payload, length);
  else
    for (gsize i = offset; i < PACKET; i++)
      packet[i] = (guint8) (self->n_packets * 31 + i * 7);
  g_byte_array_append (out, packet, PACKET);
  self->n_packets++;
}

static void
add_tables (TsSource *self, GByteArray *out)
{
  /* Checksums are not looked at by the cutter. */
  const guint8 pat[] = {
    0, 0x00, 0xb0, 13, 0, 1, 0xc1, 0, 0, 0, 1, 0xe0 | PID_PMT >> 8, PID_PMT & 0xff, 1, 2, 3, 4
  };
  guint8 pmt[] = { 0,
                   0x02,
                   0xb0,
                   23,
                   0,
                   1,
                   0xc1,
                   0,
                   0,
                   0xe1,
                   0x00,
                   0xf0,
                   0,
                   0x1b,
                   0xe0 | PID_PICTURE >> 8,
                   PID_PICTURE & 0xff,
                   0xf0,
                   0,
                   0x0f,
                   0xe0 | PID_SOUND >> 8,
                   PID_SOUND & 0xff,
                   0xf0,
                   0,
                   1,
                   2,
                   3,
                   4 };

  if (!self->has_picture)
    pmt[13] = 0x0f;
  add_packet (self, out, 0, TRUE, FALSE, pat, sizeof pat);
  add_packet (self, out, PID_PMT, TRUE, FALSE, pmt, sizeof pmt);
}

void
ts_source_add_frame (TsSource *self, GByteArray *out)
{
  gboolean is_key = self->n_frames % self->key_interval == 0;

  for (guint i = 0; i < self->frame_packets; i++)
    {
      gboolean is_first = i == 0;

      if ((is_first && is_key && self->tables_with_keys) || self->n_packets % TABLE_INTERVAL == 0)
        add_tables (self, out);
      add_packet (self, out, PID_PICTURE, is_first, is_first && is_key && self->marks_keys, NULL,
                  0);
    }
  add_packet (self, out, PID_SOUND, TRUE, self->marks_keys, NULL, 0);
  self->n_frames++;
}
