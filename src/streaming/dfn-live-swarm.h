/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-live-manifest.h"
#include "dfn-live-scheduler.h"
#include "dfn-live-store.h"
#include "dfn-peer.h"
#include "dfn-playout.h"
#include "dfn-request-log.h"

G_BEGIN_DECLS

#define DFN_TYPE_LIVE_SWARM (dfn_live_swarm_get_type ())
G_DECLARE_FINAL_TYPE (DfnLiveSwarm, dfn_live_swarm, DFN, LIVE_SWARM, GObject)

/**
 * DfnLiveSwarm:
 *
 * One live stream at one member of its swarm: what peers say goes to a #DfnLiveScheduler, what that
 * decides is done; chunks are verified before they are kept, passed on or played. The owner says
 * which peers there are and what the stream's announcement says. It lives in the thread-default
 * main context of its creation.
 *
 * Signals:
 * - `chunk` (DfnLiveChunk *chunk, gboolean begins): it is time to play @chunk; @begins: whoever it
 * is played to has to begin anew with it, preamble and all
 * - `received` (DfnLiveChunk *chunk, DfnPeer *peer): a chunk was verified and kept
 * - `gave` (DfnPeer *peer, guint bytes): @peer gave us a good chunk
 * - `took` (DfnPeer *peer, guint bytes): @peer was given a chunk
 * - `broke` (DfnPeer *peer): @peer promised a chunk that did not come
 * - `misbehaved` (DfnPeer *peer): what @peer gave does not verify; the owner drops it
 * - `ended`: the last chunk of this epoch was played
 * - `notice` (const char *sentence): for display
 *
 * Its statistics are readable properties, each a number by the name of a field of
 * #DfnLiveSwarmStats with dashes.
 */

/**
 * dfn_live_swarm_new:
 * @id: the stream's id
 * @is_source: whether the chunks are made here
 * @window_us: how much of the past is kept on the disk, 0 for none
 * @max_bytes: and in bytes
 *
 * Returns: (transfer full): a swarm that waits for dfn_live_swarm_set_manifest()
 */
DfnLiveSwarm *dfn_live_swarm_new (const guint8 id[DFN_LIVE_STREAM_ID_SIZE],
                                  gboolean is_source,
                                  gint64 window_us,
                                  guint64 max_bytes);

/**
 * dfn_live_swarm_set_manifest:
 * @manifest: the newest announcement, signed by the broadcaster
 *
 * Begins its epoch, if that is newer than the present one: what is here of the old one is played at
 * once. Whatever is older is passed over.
 *
 * Returns: whether it began a new epoch
 */
gboolean dfn_live_swarm_set_manifest (DfnLiveSwarm *self, const DfnLiveManifest *manifest);

/**
 * dfn_live_swarm_publish:
 * @signer: the source's
 * @header: track, flags, preamble and times of the next chunk
 * @payload: (transfer none): its bytes
 *
 * Makes the next chunk of its track. For a source.
 */
void dfn_live_swarm_publish (DfnLiveSwarm *self,
                             DfnLiveSigner *signer,
                             const DfnLiveHeader *header,
                             GBytes *payload);

/* Returns: bytes of chunks younger than the buffer, which all may have to be given away */
gsize dfn_live_swarm_get_pending (DfnLiveSwarm *self);

/* @peer: (transfer none): one that is ready, new or gone. It is referenced in between. */
void dfn_live_swarm_add_peer (DfnLiveSwarm *self, DfnPeer *peer);
/* Gives @peer, which has nothing yet and may be added soon, the newest chunk that playing can begin
 * with, without waiting to be asked. */
void dfn_live_swarm_welcome (DfnLiveSwarm *self, DfnPeer *peer);

/* @peer, which was added, is the broadcaster itself: nothing is given to it. */
void dfn_live_swarm_set_source_peer (DfnLiveSwarm *self, DfnPeer *peer);
void dfn_live_swarm_remove_peer (DfnLiveSwarm *self, DfnPeer *peer);

/**
 * dfn_live_swarm_set_request_log:
 * @log: (nullable): has to live as long as the swarm
 *
 * Has what is asked of peers logged. To be called before the first peer is added.
 */
void dfn_live_swarm_set_request_log (DfnLiveSwarm *self, DfnRequestLog *log);

/* Bytes/s that the swarm may use of our uplink; 0 for what the connections find out. */
void dfn_live_swarm_set_uplink (DfnLiveSwarm *self, guint64 bytes_per_second);

/* @is_held: whether nothing is to be played now, because nobody takes it. */
void dfn_live_swarm_set_held (DfnLiveSwarm *self, gboolean is_held);

/**
 * dfn_live_swarm_go_back:
 * @us: how far behind the live edge, in microseconds; 0 for the live edge itself
 *
 * Plays what was captured then: what is here, or what other members have in their windows, who are
 * asked for it. Before the first chunk it is remembered, and nothing is played until the place is
 * found, or it is clear that nobody has it (`notice`).
 */
void dfn_live_swarm_go_back (DfnLiveSwarm *self, gint64 us);

/**
 * DfnLiveSwarmStats:
 * @peers: connected
 * @chunks_received: verified chunks, each once
 * @chunks_sent: chunks given to peers
 * @chunks_missed: not here in time
 * @chunks_late: here, but after their time
 * @chunks_duplicate: came, or began to come, although they were here or on their way from others
 * @chunks_invalid: did not verify
 * @bytes_received: payloads received
 * @bytes_sent: payloads sent
 * @bytes_control: other messages sent
 * @bytes_played: payloads played
 * @bytes_made: payloads made here
 * @source_copies: how many copies of each byte the source has sent, at a source
 * @delay_p50_us: from capture to arrival, if both clocks are right; of the last 512 chunks
 * @delay_p99_us: likewise
 * @buffer_us: what is here to be played
 * @lag_us: how long after its best time a chunk is played
 * @target_us: what that should be
 * @stalls: how often playing stood still
 * @stalled_us: how long altogether
 * @window_us: how far one can go back
 * @first_chunk_us: when the first chunk was verified, on the monotonic clock; 0 before
 */
typedef struct {
  guint64 peers;
  guint64 chunks_received;
  guint64 chunks_sent;
  guint64 chunks_missed;
  guint64 chunks_late;
  guint64 chunks_duplicate;
  guint64 chunks_invalid;
  guint64 bytes_received;
  guint64 bytes_sent;
  guint64 bytes_control;
  guint64 bytes_played;
  guint64 bytes_made;
  double source_copies;
  gint64 delay_p50_us;
  gint64 delay_p99_us;
  gint64 buffer_us;
  gint64 lag_us;
  gint64 target_us;
  guint64 stalls;
  gint64 stalled_us;
  gint64 window_us;
  gint64 first_chunk_us;
} DfnLiveSwarmStats;

void dfn_live_swarm_get_stats (DfnLiveSwarm *self, DfnLiveSwarmStats *stats);

G_END_DECLS
