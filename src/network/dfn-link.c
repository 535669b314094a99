/* SPDX-License-Identifier: MIT */
#include "dfn-link.h"

typedef struct {
  DfnLinkState state;
  gboolean is_local;
  DfnLinkReceiveFunc receive;
  DfnLinkReadyFunc ready;
  gpointer user_data;
} DfnLinkPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (DfnLink, dfn_link, G_TYPE_OBJECT)

enum { SIGNAL_STATE_CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
dfn_link_class_init (DfnLinkClass *klass)
{
  /**
   * DfnLink::state-changed:
   *
   * The state is another one; dfn_link_get_state() says which.
   */
  signals[SIGNAL_STATE_CHANGED] = g_signal_new ("state-changed", DFN_TYPE_LINK, G_SIGNAL_RUN_LAST,
                                                0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
dfn_link_init (DfnLink *self)
{
}

DfnLinkResult
dfn_link_send (DfnLink *self, const guint8 *data, gsize length, gsize segment)
{
  g_return_val_if_fail (DFN_IS_LINK (self), DFN_LINK_BROKEN);
  g_return_val_if_fail (segment > 0 && segment <= length, DFN_LINK_BROKEN);
  g_return_val_if_fail (length <= DFN_LINK_BATCH_SIZE, DFN_LINK_BROKEN);
  return DFN_LINK_GET_CLASS (self)->send (self, data, length, segment);
}

gsize
dfn_link_get_max_payload (DfnLink *self)
{
  g_return_val_if_fail (DFN_IS_LINK (self), 0);
  return DFN_LINK_GET_CLASS (self)->get_max_payload (self);
}

DfnLinkState
dfn_link_get_state (DfnLink *self)
{
  DfnLinkPrivate *priv = dfn_link_get_instance_private (self);

  g_return_val_if_fail (DFN_IS_LINK (self), DFN_LINK_STATE_FAILED);
  return priv->state;
}

void
dfn_link_set_receiver (DfnLink *self,
                       DfnLinkReceiveFunc receive,
                       DfnLinkReadyFunc ready,
                       gpointer user_data)
{
  DfnLinkPrivate *priv = dfn_link_get_instance_private (self);

  g_return_if_fail (DFN_IS_LINK (self));
  priv->receive = receive;
  priv->ready = ready;
  priv->user_data = user_data;
}

void
dfn_link_receive (DfnLink *self, const guint8 *data, gsize length)
{
  DfnLinkPrivate *priv = dfn_link_get_instance_private (self);

  if (priv->receive != NULL)
    priv->receive (data, length, priv->user_data);
}

void
dfn_link_ready (DfnLink *self)
{
  DfnLinkPrivate *priv = dfn_link_get_instance_private (self);

  if (priv->ready != NULL)
    priv->ready (priv->user_data);
}

void
dfn_link_set_state (DfnLink *self, DfnLinkState state)
{
  DfnLinkPrivate *priv = dfn_link_get_instance_private (self);

  if (priv->state == state)
    return;
  priv->state = state;
  g_signal_emit (self, signals[SIGNAL_STATE_CHANGED], 0);
}

gboolean
dfn_link_is_local (DfnLink *self)
{
  DfnLinkPrivate *priv = dfn_link_get_instance_private (self);

  return priv->is_local;
}

void
dfn_link_set_local (DfnLink *self, gboolean is_local)
{
  DfnLinkPrivate *priv = dfn_link_get_instance_private (self);

  priv->is_local = is_local;
}
