/* SPDX-License-Identifier: MIT */
#include "dfn-mailbox.h"

struct _DfnMailbox {
  GMainContext *context;
  DfnMailboxFunc func;
  gpointer user_data;
  GDestroyNotify free_message;
  gboolean is_open; /* read and written on the owner's thread alone */
};

typedef struct {
  DfnMailbox *mailbox;
  gpointer message;
} Letter;

DfnMailbox *
dfn_mailbox_new (DfnMailboxFunc func, gpointer user_data, GDestroyNotify free_message)
{
  DfnMailbox *self = g_atomic_rc_box_new0 (DfnMailbox);

  self->context = g_main_context_ref_thread_default ();
  self->func = func;
  self->user_data = user_data;
  self->free_message = free_message;
  self->is_open = TRUE;
  return self;
}

static void
mailbox_clear (gpointer data)
{
  DfnMailbox *self = data;

  g_main_context_unref (self->context);
}

DfnMailbox *
dfn_mailbox_ref (DfnMailbox *self)
{
  return g_atomic_rc_box_acquire (self);
}

void
dfn_mailbox_unref (DfnMailbox *self)
{
  g_atomic_rc_box_release_full (self, mailbox_clear);
}

static void
letter_free (gpointer data)
{
  Letter *letter = data;

  letter->mailbox->free_message (letter->message);
  dfn_mailbox_unref (letter->mailbox);
  g_free (letter);
}

static gboolean
on_delivered (gpointer user_data)
{
  Letter *letter = user_data;

  if (letter->mailbox->is_open)
    letter->mailbox->func (letter->message, letter->mailbox->user_data);
  return G_SOURCE_REMOVE;
}

void
dfn_mailbox_post (DfnMailbox *self, gpointer message)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  Letter *letter = g_new (Letter, 1);

  letter->mailbox = dfn_mailbox_ref (self);
  letter->message = message;
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_delivered, letter, letter_free);
  g_source_attach (source, self->context);
}

void
dfn_mailbox_close (DfnMailbox *self)
{
  self->is_open = FALSE;
}
