/* SPDX-License-Identifier: MIT */
#include "dfn-wire.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

/* What is written is read as the same; fields that are not known go through as they were, and may
 * then be refused. */
static void
check_again (const Dfn__Frame *frame)
{
  g_autoptr (GBytes) packed = dfn_wire_pack_frame (frame);
  gsize length;
  const guint8 *bytes = g_bytes_get_data (packed, &length);
  g_autoptr (Dfn__Frame) copy = dfn_wire_unpack_frame (bytes + 4, length - 4, NULL);

  g_assert_true (copy == NULL || copy->body_case == frame->body_case);
}

static void
unpack (const uint8_t *data, size_t size)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Dfn__Frame) frame = dfn_wire_unpack_frame (data, size, &error);

  g_assert_true ((frame == NULL) == (error != NULL));
  if (frame != NULL && size < DFN_WIRE_MAX_FRAME / 2)
    check_again (frame);
}

/* Reads a stream in pieces; returns how many frames it had before it broke or ended. */
static guint
read_stream (const uint8_t *data, size_t size, size_t piece)
{
  g_autoptr (DfnWireReader) reader = dfn_wire_reader_new ();
  guint n = 0;

  while (size > 0)
    {
      const guint8 *at = data;
      gsize left = MIN (piece, size);

      data += left;
      size -= left;
      while (left > 0)
        {
          g_autoptr (Dfn__Frame) frame = NULL;

          if (!dfn_wire_reader_take (reader, &at, &left, &frame, NULL))
            return n;
          n += frame != NULL ? 1 : 0;
        }
    }
  return n;
}

/* The first byte is the size of the pieces in which a stream arrives; 0 for a frame by itself. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  if (data[0] == 0)
    unpack (data + 1, size - 1);
  else
    g_assert_cmpuint (read_stream (data + 1, size - 1, data[0]), ==,
                      read_stream (data + 1, size - 1, size));
  return 0;
}
