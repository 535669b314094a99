/* SPDX-License-Identifier: MIT */
#include "dfn-relay-info.h"
#include "dfn-relay-words.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autofree char *words = dfn_relay_words_clean (text);
  g_autoptr (GError) error = NULL;
  DfnRelayInfo info;
  gboolean good = dfn_relay_info_parse (&info, (const char *) data, size, &error);

  g_assert_true (good == (error == NULL));
  g_assert_cmpuint (info.max_limit, <=, G_MAXINT);
  g_assert_true (g_utf8_validate (words, -1, NULL));
  g_assert_cmpint (g_utf8_strlen (words, -1), <=, DFN_RELAY_WORDS_MAX);
  return 0;
}
