/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** DFN_SIGNAL_QUEUE_MAX: events that may wait; the least urgent and oldest give way */
#define DFN_SIGNAL_QUEUE_MAX 128

/**
 * DfnSignalUrgency:
 * @DFN_SIGNAL_ANSWER: somebody waits whom we have promised a place
 * @DFN_SIGNAL_JOIN: we wait, and anybody may answer
 * @DFN_SIGNAL_OFFER: we wait
 * @DFN_SIGNAL_UPDATE: a path may be found without
 * @DFN_SIGNAL_REFUSAL: of use only while the other still waits for it
 *
 * What a signal is, the most urgent first.
 */
typedef enum {
  DFN_SIGNAL_ANSWER,
  DFN_SIGNAL_JOIN,
  DFN_SIGNAL_OFFER,
  DFN_SIGNAL_UPDATE,
  DFN_SIGNAL_REFUSAL,
} DfnSignalUrgency;

/**
 * DfnSignalQueue:
 *
 * The events that one side has for its relays, in the order of their urgency and at the pace that
 * the relays take: quick until one says "rate-limited", then slower, and quicker again with each
 * that is taken. What has waited too long to be of use is dropped. No clock inside: times are
 * microseconds of any clock that does not run backwards.
 */
typedef struct _DfnSignalQueue DfnSignalQueue;

/**
 * dfn_signal_queue_new:
 * @drop: (nullable): frees an item that is not sent
 */
DfnSignalQueue *dfn_signal_queue_new (GDestroyNotify drop);
void dfn_signal_queue_free (DfnSignalQueue *self);

/**
 * dfn_signal_queue_push:
 * @item: (transfer full): what is to be sent
 */
void dfn_signal_queue_push (DfnSignalQueue *self,
                            DfnSignalUrgency urgency,
                            gpointer item,
                            gint64 now_us);

/**
 * dfn_signal_queue_pop:
 * @urgency: (out): its urgency, for dfn_signal_queue_push_back()
 *
 * Returns: (transfer full) (nullable): what to send now; %NULL if nothing is to be sent now
 */
gpointer dfn_signal_queue_pop (DfnSignalQueue *self, DfnSignalUrgency *urgency, gint64 now_us);

/* A relay took one. */
void dfn_signal_queue_taken (DfnSignalQueue *self);

/**
 * dfn_signal_queue_push_back:
 * @item: (transfer full): one that the relays refused because there were too many
 * @since_us: when it was pushed at first
 */
void dfn_signal_queue_push_back (
    DfnSignalQueue *self, DfnSignalUrgency urgency, gpointer item, gint64 since_us, gint64 now_us);

/**
 * dfn_signal_queue_get_wakeup:
 *
 * Returns: when to pop again; %G_MAXINT64 if nothing waits
 */
gint64 dfn_signal_queue_get_wakeup (DfnSignalQueue *self, gint64 now_us);
guint dfn_signal_queue_get_length (DfnSignalQueue *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnSignalQueue, dfn_signal_queue_free)

G_END_DECLS
