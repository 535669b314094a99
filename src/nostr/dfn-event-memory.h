/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-nostr-event.h"

#include <glib.h>

G_BEGIN_DECLS

/** DFN_EVENT_MEMORY_SIZE: how many events, and how many addresses, are remembered */
#define DFN_EVENT_MEMORY_SIZE 8192

/**
 * DfnEventMemory:
 *
 * Remembers which events have been seen, so that each is handed on once though several relays send
 * it. Bounded: what has not come up for the longest time is forgotten first.
 */
typedef struct _DfnEventMemory DfnEventMemory;

/**
 * dfn_event_memory_new:
 * @size: how many events, and how many addresses, to remember; usually %DFN_EVENT_MEMORY_SIZE
 *
 * Returns: (transfer full): a memory of nothing
 */
DfnEventMemory *dfn_event_memory_new (guint size);

void dfn_event_memory_free (DfnEventMemory *self);

/**
 * dfn_event_memory_knows:
 * @id: an event's id
 *
 * Returns: %TRUE if that event has been seen
 */
gboolean dfn_event_memory_knows (DfnEventMemory *self, const char *id);

/**
 * dfn_event_memory_admit:
 * @event: an event
 *
 * Remembers @event.
 *
 * Returns: %TRUE if it is to be handed on: it is new, and of a replaceable or addressable event no
 *   newer version has been seen (NIP-01: of two from the same second the one with the lower id is
 *   the newer)
 */
gboolean dfn_event_memory_admit (DfnEventMemory *self, DfnNostrEvent *event);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnEventMemory, dfn_event_memory_free)

G_END_DECLS
