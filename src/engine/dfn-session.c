/* SPDX-License-Identifier: MIT */
#include "dfn-session.h"

#include "dfn-node-private.h"

typedef struct {
  DfnNode *node;
  DfnMailbox *mailbox;
  gpointer task;
  gpointer report;
} DfnSessionPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (DfnSession, dfn_session, G_TYPE_OBJECT)

enum { SIGNAL_REPORT, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
set_report (DfnSession *self, gpointer report)
{
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  if (priv->report != NULL)
    DFN_SESSION_GET_CLASS (self)->free_report (priv->report);
  priv->report = report;
}

static void
on_report (gpointer message, gpointer user_data)
{
  DfnSession *self = user_data;
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  set_report (self, DFN_SESSION_GET_CLASS (self)->copy_report (message));
  g_signal_emit (self, signals[SIGNAL_REPORT], 0, priv->report);
}

static void
dfn_session_constructed (GObject *object)
{
  DfnSession *self = DFN_SESSION (object);
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  G_OBJECT_CLASS (dfn_session_parent_class)->constructed (object);
  priv->mailbox = dfn_mailbox_new (on_report, self, DFN_SESSION_GET_CLASS (self)->free_report);
}

static void
dfn_session_dispose (GObject *object)
{
  DfnSession *self = DFN_SESSION (object);
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  dfn_mailbox_close (priv->mailbox);
  if (priv->task != NULL)
    dfn_node_stop_task (priv->node, g_steal_pointer (&priv->task),
                        DFN_SESSION_GET_CLASS (self)->stop);
  g_clear_object (&priv->node);
  G_OBJECT_CLASS (dfn_session_parent_class)->dispose (object);
}

static void
dfn_session_finalize (GObject *object)
{
  DfnSession *self = DFN_SESSION (object);
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  set_report (self, NULL);
  dfn_mailbox_unref (priv->mailbox);
  G_OBJECT_CLASS (dfn_session_parent_class)->finalize (object);
}

static void
dfn_session_class_init (DfnSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->constructed = dfn_session_constructed;
  G_OBJECT_CLASS (klass)->dispose = dfn_session_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_session_finalize;

  signals[SIGNAL_REPORT] = g_signal_new ("report", DFN_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
}

static void
dfn_session_init (DfnSession *self)
{
}

DfnMailbox *
dfn_session_get_mailbox (DfnSession *self)
{
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  return priv->mailbox;
}

void
dfn_session_begin (DfnSession *self, DfnNode *node, gpointer task, gpointer report)
{
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  priv->node = g_object_ref (node);
  priv->task = task;
  set_report (self, report);
  dfn_node_start_task (node, task, DFN_SESSION_GET_CLASS (self)->start);
}

gconstpointer
dfn_session_get_newest (DfnSession *self)
{
  DfnSessionPrivate *priv = dfn_session_get_instance_private (self);

  return priv->report;
}
