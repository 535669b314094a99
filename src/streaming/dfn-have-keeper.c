/* SPDX-License-Identifier: MIT */
#include "dfn-have-keeper.h"

struct _DfnHaveKeeper {
  GPtrArray *peers; /* of owned Kept */
};

typedef struct {
  DfnHaveKeeper *keeper;
  DfnPeer *peer;
  GPtrArray *messages; /* of GBytes, packed */
} Kept;

static void
kept_free (Kept *kept)
{
  g_signal_handlers_disconnect_by_data (kept->peer, kept);
  g_object_unref (kept->peer);
  g_ptr_array_unref (kept->messages);
  g_free (kept);
}

DfnHaveKeeper *
dfn_have_keeper_new (void)
{
  DfnHaveKeeper *self = g_new0 (DfnHaveKeeper, 1);

  self->peers = g_ptr_array_new_with_free_func ((GDestroyNotify) kept_free);
  return self;
}

void
dfn_have_keeper_free (DfnHaveKeeper *self)
{
  g_ptr_array_unref (self->peers);
  g_free (self);
}

static void
on_have (DfnPeer *peer, const Dfn__Have *have, Kept *kept)
{
  gsize length = dfn__have__get_packed_size (have);
  guint8 *data;

  if (kept->messages->len >= DFN_HAVE_KEEPER_MAX)
    return;
  data = g_malloc (length);
  dfn__have__pack (have, data);
  g_ptr_array_add (kept->messages, g_bytes_new_take (data, length));
}

static void
on_closed (DfnPeer *peer, Kept *kept)
{
  g_ptr_array_remove (kept->keeper->peers, kept);
}

void
dfn_have_keeper_add_peer (DfnHaveKeeper *self, DfnPeer *peer)
{
  Kept *kept = g_new0 (Kept, 1);

  kept->keeper = self;
  kept->peer = g_object_ref (peer);
  kept->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  g_ptr_array_add (self->peers, kept);
  g_signal_connect (peer, "have", G_CALLBACK (on_have), kept);
  g_signal_connect (peer, "closed", G_CALLBACK (on_closed), kept);
}

static void
say_again (DfnPeer *peer, GBytes *message)
{
  gsize length;
  const guint8 *data = g_bytes_get_data (message, &length);
  Dfn__Have *have = dfn__have__unpack (NULL, length, data);

  g_assert (have != NULL); /* packed above */
  g_signal_emit_by_name (peer, "have", have);
  dfn__have__free_unpacked (have, NULL);
}

void
dfn_have_keeper_hand_over (DfnHaveKeeper *self,
                           void (*func) (DfnPeer *peer, gpointer user_data),
                           gpointer user_data)
{
  while (self->peers->len > 0)
    {
      Kept *kept = self->peers->pdata[0];
      g_autoptr (DfnPeer) peer = g_object_ref (kept->peer);
      g_autoptr (GPtrArray) messages = g_ptr_array_ref (kept->messages);

      g_ptr_array_remove_index (self->peers, 0);
      func (peer, user_data);
      for (guint i = 0; i < messages->len; i++)
        say_again (peer, messages->pdata[i]);
    }
}
