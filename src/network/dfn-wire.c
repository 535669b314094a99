/* SPDX-License-Identifier: MIT */
#include "dfn-wire.h"

#include "dfn-bytes.h"
#include "dfn-wire-check.h"

#include <string.h>

#define LENGTH_SIZE 4

/* Frames */

GBytes *
dfn_wire_pack_frame (const Dfn__Frame *frame)
{
  gsize length = dfn__frame__get_packed_size (frame);
  guint8 *data = g_malloc (LENGTH_SIZE + length);

  g_assert (length <= DFN_WIRE_MAX_FRAME);
  dfn_write_be32 (data, (guint32) length);
  dfn__frame__pack (frame, data + LENGTH_SIZE);
  return g_bytes_new_take (data, LENGTH_SIZE + length);
}

Dfn__Frame *
dfn_wire_unpack_frame (const guint8 *data, gsize length, GError **error)
{
  g_autoptr (Dfn__Frame) frame = NULL;

  if (length <= DFN_WIRE_MAX_FRAME)
    frame = dfn__frame__unpack (NULL, length, data);
  if (frame == NULL || !dfn_wire_check_frame (frame))
    {
      g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_MESSAGE,
                           "The peer sent a message that breaks the protocol");
      return NULL;
    }
  return g_steal_pointer (&frame);
}

void
dfn_wire_frame_free (Dfn__Frame *frame)
{
  dfn__frame__free_unpacked (frame, NULL);
}

struct _DfnWireReader {
  guint8 prefix[LENGTH_SIZE];
  gsize prefix_filled;
  GByteArray *body; /* grows as bytes arrive, never ahead of them */
  gsize wanted;
};

DfnWireReader *
dfn_wire_reader_new (void)
{
  DfnWireReader *self = g_new0 (DfnWireReader, 1);

  self->body = g_byte_array_new ();
  return self;
}

void
dfn_wire_reader_free (DfnWireReader *self)
{
  g_byte_array_unref (self->body);
  g_free (self);
}

static gboolean
take_prefix (DfnWireReader *self, const guint8 **data, gsize *length, GError **error)
{
  while (self->prefix_filled<LENGTH_SIZE && * length> 0)
    {
      self->prefix[self->prefix_filled++] = *(*data)++;
      (*length)--;
    }
  if (self->prefix_filled < LENGTH_SIZE)
    return TRUE;
  self->wanted = dfn_read_be32 (self->prefix);
  if (self->wanted <= DFN_WIRE_MAX_FRAME)
    return TRUE;
  g_set_error (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_MESSAGE,
               "The peer announced a message of %" G_GSIZE_FORMAT " bytes", self->wanted);
  return FALSE;
}

gboolean
dfn_wire_reader_take (
    DfnWireReader *self, const guint8 **data, gsize *length, Dfn__Frame **frame, GError **error)
{
  gsize size;

  *frame = NULL;
  if (!take_prefix (self, data, length, error))
    return FALSE;
  if (self->prefix_filled < LENGTH_SIZE)
    return TRUE;
  size = MIN (*length, self->wanted - self->body->len);
  if (size > 0)
    g_byte_array_append (self->body, *data, (guint) size);
  *data += size;
  *length -= size;
  if (self->body->len < self->wanted)
    return TRUE;
  *frame = dfn_wire_unpack_frame (self->body->data, self->body->len, error);
  self->prefix_filled = 0;
  g_byte_array_set_size (self->body, 0);
  return *frame != NULL;
}

gboolean
dfn_wire_reader_is_empty (DfnWireReader *self)
{
  return self->prefix_filled == 0;
}

/* Signals */

char *
dfn_wire_pack_signal (const Dfn__Signal *signal)
{
  gsize length = dfn__signal__get_packed_size (signal);
  g_autofree guint8 *data = g_malloc (length);

  dfn__signal__pack (signal, data);
  return g_base64_encode (data, length);
}

Dfn__Signal *
dfn_wire_unpack_signal (const char *text, GError **error)
{
  g_autoptr (Dfn__Signal) signal = NULL;

  if (strnlen (text, DFN_WIRE_MAX_SIGNAL + 1) <= DFN_WIRE_MAX_SIGNAL)
    {
      gsize length;
      g_autofree guint8 *data = g_base64_decode (text, &length);

      signal = dfn__signal__unpack (NULL, length, data);
    }
  if (signal == NULL || !dfn_wire_check_signal (signal))
    {
      g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_MESSAGE,
                           "The peer sent a signal that breaks the protocol");
      return NULL;
    }
  return g_steal_pointer (&signal);
}

void
dfn_wire_signal_free (Dfn__Signal *signal)
{
  dfn__signal__free_unpacked (signal, NULL);
}

Dfn__MemberRecord **
dfn_wire_from_records (const DfnMemberRecord *records,
                       gsize n,
                       Dfn__MemberRecord *messages,
                       Dfn__MemberRecord **list)
{
  for (gsize i = 0; i < n; i++)
    {
      dfn__member_record__init (&messages[i]);
      messages[i].key.data = (guint8 *) records[i].key;
      messages[i].key.len = DFN_MEMBER_KEY_SIZE;
      messages[i].expires = (guint64) records[i].expires_s;
      messages[i].signature.data = (guint8 *) records[i].signature;
      messages[i].signature.len = DFN_MEMBER_SIGNATURE_SIZE;
      list[i] = &messages[i];
    }
  return list;
}

void
dfn_wire_to_record (const Dfn__MemberRecord *message, DfnMemberRecord *out)
{
  memcpy (out->key, message->key.data, sizeof out->key);
  out->expires_s = (gint64) MIN (message->expires, (guint64) G_MAXINT64);
  memcpy (out->signature, message->signature.data, sizeof out->signature);
}

Dfn__Candidate **
dfn_wire_from_candidates (GPtrArray *candidates, gsize *n)
{
  Dfn__Candidate **messages = g_new0 (Dfn__Candidate *, candidates->len);

  *n = MIN (candidates->len, DFN_CANDIDATE_MAX);
  for (gsize i = 0; i < *n; i++)
    {
      const DfnCandidate *candidate = candidates->pdata[i];
      Dfn__Candidate *message = g_new (Dfn__Candidate, 1);

      dfn__candidate__init (message);
      message->type = (Dfn__Candidate__Type) candidate->type;
      message->address.len = g_inet_address_get_native_size (candidate->address);
      message->address.data =
          g_memdup2 (g_inet_address_to_bytes (candidate->address), message->address.len);
      message->port = candidate->port;
      message->priority = candidate->priority;
      message->foundation = g_strdup (candidate->foundation);
      messages[i] = message;
    }
  return messages;
}

void
dfn_wire_candidates_free (Dfn__Candidate **candidates, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_free (candidates[i]->address.data);
      g_free (candidates[i]->foundation);
      g_free (candidates[i]);
    }
  g_free (candidates);
}

GPtrArray *
dfn_wire_to_candidates (Dfn__Candidate **messages, gsize n)
{
  GPtrArray *candidates = g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_candidate_free);

  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GInetAddress) address = g_inet_address_new_from_bytes (
          messages[i]->address.data,
          messages[i]->address.len == 4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);

      g_ptr_array_add (candidates,
                       dfn_candidate_new ((DfnCandidateType) messages[i]->type, address,
                                          (guint16) messages[i]->port, messages[i]->priority,
                                          messages[i]->foundation));
    }
  return candidates;
}
