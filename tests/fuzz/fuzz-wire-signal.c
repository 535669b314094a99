/* SPDX-License-Identifier: MIT */
#include "dfn-wire.h"

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
check_candidates (Dfn__Candidate **messages, gsize n)
{
  g_autoptr (GPtrArray) candidates = dfn_wire_to_candidates (messages, n);

  g_assert_cmpuint (candidates->len, <=, DFN_CANDIDATE_MAX);
  for (guint i = 0; i < candidates->len; i++)
    {
      const DfnCandidate *candidate = candidates->pdata[i];

      for (DfnScope scope = DFN_SCOPE_HOST; scope <= DFN_SCOPE_PUBLIC; scope++)
        if (dfn_candidate_is_acceptable (candidate, scope))
          g_assert_true (candidate->port != 0
                         && !g_inet_address_get_is_multicast (candidate->address)
                         && dfn_scope_of_address (candidate->address) >= scope);
    }
}

static void
take (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Dfn__Signal) signal = dfn_wire_unpack_signal (text, &error);
  g_autoptr (Dfn__Signal) copy = NULL;
  g_autofree char *again = NULL;

  g_assert_true ((signal == NULL) == (error != NULL));
  if (signal == NULL)
    return;
  if (signal->body_case == DFN__SIGNAL__BODY_OFFER)
    check_candidates (signal->offer->transport->candidates, signal->offer->transport->n_candidates);
  if (signal->body_case == DFN__SIGNAL__BODY_UPDATE)
    check_candidates (signal->update->candidates, signal->update->n_candidates);
  /* Fields that are not known are written as they were read, and may then be refused. */
  again = dfn_wire_pack_signal (signal);
  copy = dfn_wire_unpack_signal (again, NULL);
  g_assert_true (copy == NULL || copy->body_case == signal->body_case);
}

/* The first byte says whether the rest is text, or what text would stand for. */
int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = NULL;

  if (size == 0)
    return 0;
  if (data[0] == 't')
    text = g_strndup ((const char *) data + 1, size - 1);
  else
    text = g_base64_encode (data + 1, size - 1);
  take (text);
  return 0;
}
