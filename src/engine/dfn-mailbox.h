/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * DfnMailbox:
 *
 * How the engine's thread tells another thread something: messages posted on any thread are taken,
 * in their order, in the main context of the thread that made the mailbox. Reference-counted; the
 * functions may be called on any thread but for the ones that say otherwise.
 */
typedef struct _DfnMailbox DfnMailbox;

/**
 * DfnMailboxFunc:
 * @message: (transfer none): what was posted
 */
typedef void (*DfnMailboxFunc) (gpointer message, gpointer user_data);

/**
 * dfn_mailbox_new:
 * @func: takes messages, in this thread's default context
 * @free_message: frees one, taken or not
 *
 * Returns: (transfer full): an open mailbox
 */
DfnMailbox *dfn_mailbox_new (DfnMailboxFunc func, gpointer user_data, GDestroyNotify free_message);

/**
 * dfn_mailbox_post:
 * @message: (transfer full): for the other side; freed if the mailbox is closed
 */
void dfn_mailbox_post (DfnMailbox *self, gpointer message);

/**
 * dfn_mailbox_close:
 *
 * Ends it: @func is not called any more. To be called on the thread that made the mailbox.
 */
void dfn_mailbox_close (DfnMailbox *self);

DfnMailbox *dfn_mailbox_ref (DfnMailbox *self);
void dfn_mailbox_unref (DfnMailbox *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnMailbox, dfn_mailbox_unref)

G_END_DECLS
