/* SPDX-License-Identifier: MIT */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * DfnPeerReport:
 * @number: names it in this session: 1 is the first that came; nothing else of it is told
 * @family: 4 or 6 for the path's addresses, 0 while unknown
 * @is_relayed: whether a TURN server carries what goes between
 * @rtt_us: smoothed round trip in microseconds, 0 while unknown
 * @rate_in: of the last seconds, bytes per second from it, with headers
 * @rate_out: the same to it
 * @bytes_in: all bytes from it, with headers
 * @bytes_out: all bytes to it
 * @loss: about the share of what was sent that was lost, 0 to 1
 * @chunks_taken: chunks that came from it
 * @chunks_given: chunks that went to it
 * @score: how well it has served, by which links are kept: 0 proven bad, 0.5 a stranger, 1 well and
 *   for long; -1 where nobody knows
 *
 * How it goes with one peer.
 */
typedef struct {
  guint number;
  guint family;
  gboolean is_relayed;
  gint64 rtt_us;
  double rate_in;
  double rate_out;
  guint64 bytes_in;
  guint64 bytes_out;
  double loss;
  guint64 chunks_taken;
  guint64 chunks_given;
  double score;
} DfnPeerReport;

/**
 * DfnSwarmCounts:
 * @duplicates: chunks that came although they were here already
 * @late: live chunks that came after their time
 * @missed: live chunks that did not come at all
 * @content_bytes: what a whole copy of all that is given has, so far; 0 where nobody knows
 *
 * What is counted of chunks, whoever they came from.
 */
typedef struct {
  guint64 duplicates;
  guint64 late;
  guint64 missed;
  guint64 content_bytes;
} DfnSwarmCounts;

/**
 * DfnUplinkState:
 * @limit: what the user allows, bytes a second with headers; 0 without a limit
 * @rate: what may be sent now; %G_MAXUINT64 while nothing limits it
 * @estimate: what the uplink can do, as far as is known: at least that much if it was never filled;
 *   0 before anything was sent
 * @queue_us: how long a packet waits in front of the uplink, in microseconds
 * @is_competing: whether somebody else fills the uplink
 *
 * How this computer's uplink is used: by the whole process, not by one broadcast or stream.
 */
typedef struct {
  guint64 limit;
  guint64 rate;
  guint64 estimate;
  gint64 queue_us;
  gboolean is_competing;
} DfnUplinkState;

/**
 * DfnSwarmReport:
 * @n_peers: who is connected
 * @peers: (array length=n_peers): in the order they came
 * @bytes_in: bytes from all peers that ever were, with headers
 * @bytes_out: bytes to them
 * @chunks_taken: chunks from them
 * @chunks_given: chunks to them
 * @chunk_bytes_in: their bytes
 * @chunk_bytes_out: their bytes
 * @control_bytes: bytes of messages to peers, chunks apart
 * @counts: of chunks
 * @uplink: of this computer
 *
 * How it goes with all peers of one broadcast or stream. Immutable and reference-counted; it may be
 * read on any thread.
 */
typedef struct {
  guint n_peers;
  DfnPeerReport *peers;
  guint64 bytes_in;
  guint64 bytes_out;
  guint64 chunks_taken;
  guint64 chunks_given;
  guint64 chunk_bytes_in;
  guint64 chunk_bytes_out;
  guint64 control_bytes;
  DfnSwarmCounts counts;
  DfnUplinkState uplink;
} DfnSwarmReport;

#define DFN_TYPE_SWARM_REPORT (dfn_swarm_report_get_type ())
GType dfn_swarm_report_get_type (void);

/**
 * dfn_swarm_report_new:
 * @n_peers: how many it has room for, zeroed like everything else
 *
 * Returns: (transfer full): one to be filled in before anybody else has it
 */
DfnSwarmReport *dfn_swarm_report_new (guint n_peers);
DfnSwarmReport *dfn_swarm_report_ref (DfnSwarmReport *self);
void dfn_swarm_report_unref (DfnSwarmReport *self);

/**
 * dfn_swarm_report_get_control_share:
 *
 * Who only takes sends little but messages, so they are compared with the busier direction.
 *
 * Returns: the bytes of messages sent, as a share of all bytes that came or that went, whichever
 *   are more; 0 to 1
 */
double dfn_swarm_report_get_control_share (const DfnSwarmReport *self);

/**
 * dfn_swarm_report_get_copies:
 *
 * Returns: how many whole copies the chunks given are; -1 where nobody knows
 */
double dfn_swarm_report_get_copies (const DfnSwarmReport *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnSwarmReport, dfn_swarm_report_unref)

G_END_DECLS
