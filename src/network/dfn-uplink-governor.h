/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-uplink-estimate.h"

#include <glib-object.h>

G_BEGIN_DECLS

#define DFN_TYPE_UPLINK_GOVERNOR (dfn_uplink_governor_get_type ())
G_DECLARE_FINAL_TYPE (DfnUplinkGovernor, dfn_uplink_governor, DFN, UPLINK_GOVERNOR, GObject)

/**
 * DfnUplinkGovernor:
 *
 * Shares one uplink between all QUIC connections of a process, so that the queue in front of it
 * stays short and other traffic keeps its place. It lives in the thread-default main context of
 * its creation, as the connections do.
 *
 * Stream content goes out in tokens, which are bytes on the link (payload, QUIC, UDP and IP
 * headers), granted in small quanta to the connection whose most urgent stream has the earliest
 * deadline. Acknowledgements, handshakes and datagrams never wait, but use tokens up. The rate of
 * tokens follows the queueing delay that most links see together (dfn-uplink-estimate.h); until
 * there is such a delay nothing is limited. Links that stay on a local network are not governed.
 * The congestion control of each link stays as a ceiling.
 *
 * Its properties may be read at any time: "limit", "rate", "estimate" (bytes a second),
 * "queue-delay" (microseconds), "bytes-granted", "links", "competing".
 */

/** DFN_UPLINK_UNLIMITED: a rate of which nothing is known that would limit it */
#define DFN_UPLINK_UNLIMITED G_MAXUINT64

/**
 * DFN_UPLINK_SPARE_OFFSET_US: added to the deadline of what may only use spare uplink, for example
 * for viewers far behind the live edge: it goes after everything due within so many microseconds
 */
#define DFN_UPLINK_SPARE_OFFSET_US (60 * G_USEC_PER_SEC)

/**
 * dfn_uplink_governor_get_default:
 *
 * The governor of this process. All connections of a process live on its engine's thread; a test
 * that plays two processes on two threads has one for each.
 *
 * Returns: (transfer none): the governor of the calling thread
 */
DfnUplinkGovernor *dfn_uplink_governor_get_default (void);

/**
 * dfn_uplink_governor_new:
 *
 * Returns: (transfer full): another uplink's governor, for tests
 */
DfnUplinkGovernor *dfn_uplink_governor_new (void);

/**
 * dfn_uplink_governor_set_limit:
 * @bytes_per_second: the most that may be sent, in bytes on the link, in any 100 ms a tenth of it;
 *   0: find out
 *
 * Sets the user's limit. What is never held back counts, too.
 */
void dfn_uplink_governor_set_limit (DfnUplinkGovernor *self, guint64 bytes_per_second);
guint64 dfn_uplink_governor_get_limit (DfnUplinkGovernor *self);

/**
 * dfn_uplink_governor_set_enabled:
 *
 * Switches it off (or on again), so that every connection sends what its own congestion control
 * allows: for measurements.
 */
void dfn_uplink_governor_set_enabled (DfnUplinkGovernor *self, gboolean enabled);

/**
 * dfn_uplink_governor_get_rate:
 *
 * Returns: what may be sent now, in bytes on the link a second; %DFN_UPLINK_UNLIMITED while nothing
 *   limits it
 */
guint64 dfn_uplink_governor_get_rate (DfnUplinkGovernor *self);

/**
 * dfn_uplink_governor_get_estimate:
 *
 * Returns: the uplink's capacity in bytes on the link a second, as far as it is known: at least
 *   that much if it was never filled, 0 before anything was sent
 */
guint64 dfn_uplink_governor_get_estimate (DfnUplinkGovernor *self);

/**
 * dfn_uplink_governor_get_queue_delay:
 *
 * Returns: how long a packet waits in front of the uplink, in microseconds
 */
gint64 dfn_uplink_governor_get_queue_delay (DfnUplinkGovernor *self);

/* For connections. */

/**
 * DfnUplinkClient:
 *
 * One connection's place at the governor. It keeps the governor alive.
 */
typedef struct _DfnUplinkClient DfnUplinkClient;

/**
 * DfnUplinkReadyFunc:
 *
 * Called for a client that waits once it is its turn; it asks again, sends and tells. It may leave.
 */
typedef void (*DfnUplinkReadyFunc) (gpointer user_data);

/**
 * dfn_uplink_client_new:
 * @ready: called in the governor's context
 *
 * Returns: (transfer full): a place; dfn_uplink_client_free() gives it up
 */
DfnUplinkClient *
dfn_uplink_client_new (DfnUplinkGovernor *governor, DfnUplinkReadyFunc ready, gpointer user_data);
void dfn_uplink_client_free (DfnUplinkClient *client);

/**
 * dfn_uplink_client_forget:
 *
 * The connection goes over another path from now on.
 */
void dfn_uplink_client_forget (DfnUplinkClient *client);

/**
 * dfn_uplink_client_ask:
 * @deadline_us: of the most urgent stream that has something to send
 *
 * Asks for tokens.
 *
 * Returns: the bytes on the link that may go out now, at least one packet's; 0: it waits, and will
 *   be called
 */
gsize dfn_uplink_client_ask (DfnUplinkClient *client, gint64 deadline_us);

/**
 * dfn_uplink_client_rest:
 *
 * Takes it out of the queue: nothing to send, or held back by its own congestion control.
 */
void dfn_uplink_client_rest (DfnUplinkClient *client);

/**
 * dfn_uplink_client_report:
 * @report: what has happened on this connection so far
 *
 * Tells what has become of the packets. What was sent since the last report uses tokens up.
 */
void dfn_uplink_client_report (DfnUplinkClient *client, const DfnUplinkReport *report);

G_END_DECLS
