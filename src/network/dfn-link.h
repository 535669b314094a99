/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-network-error.h"

#include <glib-object.h>

G_BEGIN_DECLS

#define DFN_TYPE_LINK (dfn_link_get_type ())
G_DECLARE_DERIVABLE_TYPE (DfnLink, dfn_link, DFN, LINK, GObject)

/**
 * DfnLinkState:
 * @DFN_LINK_STATE_CONNECTING: looking for a path
 * @DFN_LINK_STATE_CONNECTED: packets can pass
 * @DFN_LINK_STATE_FAILED: no path was found, or the path is lost
 */
typedef enum {
  DFN_LINK_STATE_CONNECTING,
  DFN_LINK_STATE_CONNECTED,
  DFN_LINK_STATE_FAILED,
} DfnLinkState;

/**
 * DfnLinkResult:
 * @DFN_LINK_SENT: the packets are on their way (or lost; a link promises nothing)
 * @DFN_LINK_BLOCKED: the socket is full; the ready function will be called when it is not
 * @DFN_LINK_BROKEN: nothing can be sent now
 */
typedef enum {
  DFN_LINK_SENT,
  DFN_LINK_BLOCKED,
  DFN_LINK_BROKEN,
} DfnLinkResult;

/**
 * DfnLinkReceiveFunc:
 * @data: (array length=length): one packet, valid during the call
 */
typedef void (*DfnLinkReceiveFunc) (const guint8 *data, gsize length, gpointer user_data);

/**
 * DfnLinkReadyFunc:
 *
 * Called when a link that answered %DFN_LINK_BLOCKED takes packets again.
 */
typedef void (*DfnLinkReadyFunc) (gpointer user_data);

/** DFN_LINK_BATCH_SIZE: the most bytes one dfn_link_send() takes (one GSO send, 64 KiB of UDP) */
#define DFN_LINK_BATCH_SIZE 65000

/**
 * DfnLinkClass:
 * @send: sends @length bytes as packets of @segment bytes each, the last one maybe shorter
 * @get_max_payload: the largest packet worth trying, in bytes of UDP payload
 *
 * A path for unreliable packets between two peers: an ICE session, or a pair in memory for tests.
 */
struct _DfnLinkClass {
  GObjectClass parent_class;

  DfnLinkResult (*send) (DfnLink *self, const guint8 *data, gsize length, gsize segment);
  gsize (*get_max_payload) (DfnLink *self);
};

/**
 * dfn_link_send:
 * @data: (array length=length): at most %DFN_LINK_BATCH_SIZE bytes
 * @segment: the size of each packet but the last, 1 to @length
 */
DfnLinkResult dfn_link_send (DfnLink *self, const guint8 *data, gsize length, gsize segment);
gsize dfn_link_get_max_payload (DfnLink *self);
DfnLinkState dfn_link_get_state (DfnLink *self);

/**
 * dfn_link_is_local:
 *
 * Returns: %TRUE if the path stays on a local network, and so does not use the uplink
 */
gboolean dfn_link_is_local (DfnLink *self);

/**
 * dfn_link_set_receiver:
 * @receive: (nullable): gets every packet from now on, in the context that the link runs in
 * @ready: (nullable): is told when a blocked link takes packets again
 */
void dfn_link_set_receiver (DfnLink *self,
                            DfnLinkReceiveFunc receive,
                            DfnLinkReadyFunc ready,
                            gpointer user_data);

/* For implementations only. */
void dfn_link_receive (DfnLink *self, const guint8 *data, gsize length);
void dfn_link_ready (DfnLink *self);
void dfn_link_set_state (DfnLink *self, DfnLinkState state);
void dfn_link_set_local (DfnLink *self, gboolean is_local);

G_END_DECLS
