/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-candidate.h"
#include "dfn-member-record.h"
#include "dfn-network-error.h"
#include "wire.pb-c.h"

G_BEGIN_DECLS

#define DFN_WIRE_VERSION 1
/** DFN_WIRE_MAX_FRAME: the bytes of the longest frame, its length apart */
#define DFN_WIRE_MAX_FRAME 65536
/** DFN_WIRE_MAX_CHUNK: the bytes of the longest chunk */
#define DFN_WIRE_MAX_CHUNK (1024 * 1024)
/** DFN_WIRE_MAX_LIVE_CHUNK: the bytes of the longest chunk of a live stream */
#define DFN_WIRE_MAX_LIVE_CHUNK 65536
/** DFN_WIRE_MAX_TRACKS: how many tracks a live stream may have */
#define DFN_WIRE_MAX_TRACKS 64
/** DFN_WIRE_MAX_MEMBERS: the member records of one message */
#define DFN_WIRE_MAX_MEMBERS 24
/** DFN_WIRE_MAX_RESTARTS: how often one connection may move to a new path */
#define DFN_WIRE_MAX_RESTARTS 1000
/** DFN_WIRE_MAX_EVENT: the bytes of the longest announcement that members pass on */
#define DFN_WIRE_MAX_EVENT 60000
/** DFN_WIRE_MAX_REFS: the entries of one list of a LiveUpdate */
#define DFN_WIRE_MAX_REFS 64
/** DFN_WIRE_MAX_SIGNAL: the characters of the longest signal as base64 */
#define DFN_WIRE_MAX_SIGNAL 16384
#define DFN_WIRE_CONTENT_SIZE 32
#define DFN_WIRE_SESSION_SIZE 16
#define DFN_WIRE_KEY_SIZE 32
#define DFN_WIRE_SIGNATURE_SIZE 64

/**
 * dfn_wire_pack_frame:
 *
 * Returns: (transfer full): the frame with its length in front, as it goes onto a stream
 */
GBytes *dfn_wire_pack_frame (const Dfn__Frame *frame);

/**
 * dfn_wire_unpack_frame:
 * @data: (array length=length): a frame without its length, from a peer
 *
 * Returns: (transfer full) (nullable): a frame all of whose fields keep the limits of wire.proto
 *   (@body_case is `DFN__FRAME__BODY__NOT_SET` for a kind from the future), or %NULL with
 *   %DFN_NETWORK_ERROR_INVALID_MESSAGE; to be freed with dfn_wire_frame_free()
 */
Dfn__Frame *dfn_wire_unpack_frame (const guint8 *data, gsize length, GError **error);
void dfn_wire_frame_free (Dfn__Frame *frame);

/**
 * DfnWireReader:
 *
 * Cuts the bytes of a stream, which arrive in any pieces, into frames. Never holds more than one
 * frame's bytes.
 */
typedef struct _DfnWireReader DfnWireReader;

DfnWireReader *dfn_wire_reader_new (void);
void dfn_wire_reader_free (DfnWireReader *self);

/**
 * dfn_wire_reader_take:
 * @data: (inout): what has arrived; moved past what was taken
 * @length: (inout): its bytes
 * @frame: (out) (transfer full) (nullable): the next frame, or %NULL if more bytes are needed
 *
 * Returns: %FALSE with %DFN_NETWORK_ERROR_INVALID_MESSAGE
 */
gboolean dfn_wire_reader_take (
    DfnWireReader *self, const guint8 **data, gsize *length, Dfn__Frame **frame, GError **error);

/**
 * dfn_wire_reader_is_empty:
 *
 * Returns: %TRUE if no part of a frame is held, so that the stream may end here
 */
gboolean dfn_wire_reader_is_empty (DfnWireReader *self);

/**
 * dfn_wire_pack_signal:
 *
 * Returns: (transfer full): base64 of @signal
 */
char *dfn_wire_pack_signal (const Dfn__Signal *signal);

/**
 * dfn_wire_unpack_signal:
 * @text: from a stranger
 *
 * Returns: (transfer full) (nullable): as dfn_wire_unpack_frame(); to be freed with
 *   dfn_wire_signal_free()
 */
Dfn__Signal *dfn_wire_unpack_signal (const char *text, GError **error);
void dfn_wire_signal_free (Dfn__Signal *signal);

/**
 * dfn_wire_from_records:
 * @records: (array length=n): member records
 * @messages: (out caller-allocates): room for @n
 * @list: (out caller-allocates): room for @n pointers to them
 *
 * Returns: (transfer none): @list, for as long as all three live
 */
Dfn__MemberRecord **dfn_wire_from_records (const DfnMemberRecord *records,
                                           gsize n,
                                           Dfn__MemberRecord *messages,
                                           Dfn__MemberRecord **list);

/**
 * dfn_wire_to_record:
 * @message: with all its fields, as dfn_wire_unpack_frame() and dfn_wire_unpack_signal() check;
 *   whether it is signed is for dfn_member_record_verify()
 * @out: (out caller-allocates): what it says
 */
void dfn_wire_to_record (const Dfn__MemberRecord *message, DfnMemberRecord *out);

/**
 * dfn_wire_from_candidates:
 * @candidates: (element-type DfnCandidate): at most %DFN_CANDIDATE_MAX of our own
 * @n: (out): how many
 *
 * Returns: (transfer full): messages, to be freed with dfn_wire_candidates_free()
 */
Dfn__Candidate **dfn_wire_from_candidates (GPtrArray *candidates, gsize *n);
void dfn_wire_candidates_free (Dfn__Candidate **candidates, gsize n);

/**
 * dfn_wire_to_candidates:
 *
 * Returns: (transfer full) (element-type DfnCandidate): what @candidates, already checked, say
 */
GPtrArray *dfn_wire_to_candidates (Dfn__Candidate **candidates, gsize n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (DfnWireReader, dfn_wire_reader_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Dfn__Frame, dfn_wire_frame_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Dfn__Signal, dfn_wire_signal_free)

G_END_DECLS
