/* SPDX-License-Identifier: MIT */
#include "dfn-peer-memory.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define NOW_S G_GINT64_CONSTANT (1800000000)

/* The file of what is remembered of peers, damaged in any way. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (DfnPeerMemory) memory = dfn_peer_memory_new (NULL, NOW_S);
  guint8 holder[DFN_ADDRESS_HOLDER_SIZE] = { 4, 9, 9, 9, 9 };
  double score;

  dfn_peer_memory_parse (memory, data, size, NOW_S);
  g_assert_cmpuint (dfn_peer_memory_get_size (memory), <=, DFN_PEER_MEMORY_MAX);
  dfn_peer_memory_note (memory, holder, -0.5, NOW_S);
  score = dfn_peer_memory_get_score (memory, holder, NOW_S);
  g_assert_true (score >= -1 && score <= 1);
  dfn_peer_memory_ban (memory, holder, NOW_S);
  g_assert_true (dfn_peer_memory_is_banned (memory, holder, NOW_S));
  g_assert_false (dfn_peer_memory_is_banned (memory, holder, NOW_S + DFN_PEER_MEMORY_BAN_S));
  return 0;
}
