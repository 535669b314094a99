/* SPDX-License-Identifier: MIT */
#include "dfn-stream-cutter.h"

#include <stdint.h>
#include <string.h>

/* Standard input from anywhere: the first byte says in which pieces and at which pace the others
 * come. All payloads together, without their preambles, are what went in. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define SLOT_US 100000
#define MAX_SIZE 1316

static void
drain (DfnStreamCutter *cutter, gint64 now_us, GByteArray *output)
{
  DfnCut cut;

  while (dfn_stream_cutter_next (cutter, now_us, &cut))
    {
      gsize length;
      const guint8 *bytes = g_bytes_get_data (cut.payload, &length);

      g_assert (length > cut.preamble && length - cut.preamble <= MAX_SIZE);
      g_assert (cut.preamble <= DFN_STREAM_CUTTER_MAX_PREAMBLE);
      g_byte_array_append (output, bytes + cut.preamble, (guint) (length - cut.preamble));
      g_bytes_unref (cut.payload);
    }
  g_assert (dfn_stream_cutter_get_deadline (cutter) > now_us);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (DfnStreamCutter) cutter = dfn_stream_cutter_new (SLOT_US, MAX_SIZE);
  g_autoptr (GByteArray) output = g_byte_array_new ();
  gint64 now_us = 0;
  gsize piece;

  if (size < 2)
    return 0; /* nothing goes in */
  piece = 1 + data[0] % 64 * 16u;
  for (gsize at = 1; at < size; at += piece)
    {
      now_us += (data[0] / 64) * 30000;
      dfn_stream_cutter_push (cutter, now_us, data + at, MIN (piece, size - at));
      drain (cutter, now_us, output);
    }
  dfn_stream_cutter_finish (cutter);
  drain (cutter, now_us, output);
  g_assert (output->len == size - 1 && memcmp (output->data, data + 1, size - 1) == 0);
  return 0;
}
