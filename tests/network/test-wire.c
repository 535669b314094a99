/* SPDX-License-Identifier: MIT */
#include "dfn-bytes.h"
#include "dfn-wire.h"

#include <string.h>

static guint8 zeros[1 << 17];

/* Packs and reads back; returns whether its limits were kept. */
static gboolean
passes (const Dfn__Frame *frame)
{
  g_autoptr (GBytes) packed = dfn_wire_pack_frame (frame);
  g_autoptr (GError) error = NULL;
  gsize length;
  const guint8 *data = g_bytes_get_data (packed, &length);
  g_autoptr (Dfn__Frame) copy = NULL;

  g_assert_cmpuint (dfn_read_be32 (data), ==, length - 4);
  copy = dfn_wire_unpack_frame (data + 4, length - 4, &error);
  if (copy == NULL)
    g_assert_error (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_MESSAGE);
  else
    {
      g_assert_no_error (error);
      g_assert_cmpint (copy->body_case, ==, frame->body_case);
    }
  return copy != NULL;
}

static void
test_hello (void)
{
  g_autofree char *longest = g_strnfill (64, 'x');
  g_autofree char *too_long = g_strnfill (65, 'x');
  Dfn__Hello hello = DFN__HELLO__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;

  frame.body_case = DFN__FRAME__BODY_HELLO;
  frame.hello = &hello;
  g_assert_true (passes (&frame));
  hello.version = G_MAXUINT32; /* judged by the peer, not here */
  hello.agent = longest;
  g_assert_true (passes (&frame));
  hello.agent = too_long;
  g_assert_false (passes (&frame));
}

static void
test_have (void)
{
  Dfn__Have have = DFN__HAVE__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;

  frame.body_case = DFN__FRAME__BODY_HAVE;
  frame.have = &have;
  g_assert_false (passes (&frame)); /* no content */
  have.content = (ProtobufCBinaryData){ 31, zeros };
  g_assert_false (passes (&frame));
  have.content.len = 33;
  g_assert_false (passes (&frame));
  have.content.len = 32;
  g_assert_true (passes (&frame));
  have.first_chunk = 8;
  g_assert_true (passes (&frame));
  have.first_chunk = 12;
  g_assert_false (passes (&frame));
  have.first_chunk = (1 << 25) - 8;
  g_assert_true (passes (&frame));
  have.first_chunk = 1 << 25;
  g_assert_false (passes (&frame));
  have.first_chunk = 0;
  have.bitmap = (ProtobufCBinaryData){ 32768, zeros };
  g_assert_true (passes (&frame));
  have.bitmap.len = 32769;
  g_assert_false (passes (&frame));
}

static void
test_request (void)
{
  Dfn__ContentRequest request = DFN__CONTENT_REQUEST__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;

  frame.body_case = DFN__FRAME__BODY_CONTENT_REQUEST;
  frame.content_request = &request;
  g_assert_false (passes (&frame));
  request.content = (ProtobufCBinaryData){ 32, zeros };
  g_assert_true (passes (&frame));
  request.chunk = G_MAXUINT32; /* a live track's sequence may be any */
  g_assert_true (passes (&frame));
  request.track = DFN_WIRE_MAX_TRACKS - 1;
  g_assert_true (passes (&frame));
  request.track = DFN_WIRE_MAX_TRACKS;
  g_assert_false (passes (&frame));
  request.track = 0;
  request.content.len = 31;
  g_assert_false (passes (&frame));
}

static void
test_response (void)
{
  Dfn__ContentResponse response = DFN__CONTENT_RESPONSE__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;

  frame.body_case = DFN__FRAME__BODY_CONTENT_RESPONSE;
  frame.content_response = &response;
  g_assert_false (passes (&frame)); /* no chunk is empty */
  response.size = 1;
  g_assert_true (passes (&frame));
  response.size = DFN_WIRE_MAX_CHUNK;
  g_assert_true (passes (&frame));
  response.size = DFN_WIRE_MAX_CHUNK + 1;
  g_assert_false (passes (&frame));
  response.size = G_MAXUINT32;
  g_assert_false (passes (&frame));
  response.size = 1;
  response.proof = (ProtobufCBinaryData){ 25 * 32, zeros };
  g_assert_true (passes (&frame));
  response.proof.len = 26 * 32;
  g_assert_false (passes (&frame));
  response.proof.len = 31;
  g_assert_false (passes (&frame));

  response.proof.len = 0;
  for (guint status = DFN__CONTENT_RESPONSE__STATUS__NOT_FOUND;
       status <= DFN__CONTENT_RESPONSE__STATUS__WITHDRAWN + 1; status++)
    {
      response.status = (Dfn__ContentResponse__Status) status;
      response.size = 0;
      g_assert_true (passes (&frame)); /* the last one is from the future */
      response.size = 1;
      g_assert_false (passes (&frame));
    }
}

static void
test_heartbeat (void)
{
  Dfn__Heartbeat heartbeat = DFN__HEARTBEAT__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;

  frame.body_case = DFN__FRAME__BODY_HEARTBEAT;
  frame.heartbeat = &heartbeat;
  g_assert_true (passes (&frame));
  heartbeat.nonce = G_MAXUINT64;
  heartbeat.reply = TRUE;
  g_assert_true (passes (&frame));
}

/* Kinds of frames and fields that this version does not know. */
static void
test_future (void)
{
  /* Field 99, a message of two bytes; nothing at all; a Heartbeat with a field 9 in it. */
  static const guint8 unknown_frame[] = { 0x9a, 0x06, 2, 0x08, 1 };
  static const guint8 unknown_field[] = { 0x1a, 4, 0x08, 5, 0x48, 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (Dfn__Frame) first =
      dfn_wire_unpack_frame (unknown_frame, sizeof unknown_frame, &error);
  g_autoptr (Dfn__Frame) second = dfn_wire_unpack_frame (zeros, 0, &error);
  g_autoptr (Dfn__Frame) third =
      dfn_wire_unpack_frame (unknown_field, sizeof unknown_field, &error);

  g_assert_no_error (error);
  g_assert_cmpint (first->body_case, ==, DFN__FRAME__BODY__NOT_SET);
  g_assert_cmpint (second->body_case, ==, DFN__FRAME__BODY__NOT_SET);
  g_assert_cmpint (third->body_case, ==, DFN__FRAME__BODY_HEARTBEAT);
  g_assert_cmpuint (third->heartbeat->nonce, ==, 5);
}

static void
test_no_frame (void)
{
  static const guint8 cut[] = { 0x0a, 200, 1 };
  g_autofree guint8 *too_long = g_malloc0 (DFN_WIRE_MAX_FRAME + 1);
  GError *error = NULL;

  g_assert_null (dfn_wire_unpack_frame (cut, sizeof cut, &error));
  g_assert_error (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_MESSAGE);
  g_clear_error (&error);
  g_assert_null (dfn_wire_unpack_frame (too_long, DFN_WIRE_MAX_FRAME + 1, &error));
  g_assert_error (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_MESSAGE);
  g_clear_error (&error);
}

/* Reader */

static GByteArray *
three_frames (void)
{
  GByteArray *all = g_byte_array_new ();
  Dfn__Heartbeat heartbeat = DFN__HEARTBEAT__INIT;
  Dfn__Frame frame = DFN__FRAME__INIT;

  frame.body_case = DFN__FRAME__BODY_HEARTBEAT;
  frame.heartbeat = &heartbeat;
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GBytes) packed = NULL;

      heartbeat.nonce = i * 1000000;
      packed = dfn_wire_pack_frame (&frame);
      g_byte_array_append (all, g_bytes_get_data (packed, NULL), g_bytes_get_size (packed));
    }
  return all;
}

static guint
read_frames (DfnWireReader *reader, const guint8 *data, gsize length, guint expected)
{
  while (length > 0)
    {
      g_autoptr (Dfn__Frame) frame = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (dfn_wire_reader_take (reader, &data, &length, &frame, &error));
      g_assert_no_error (error);
      if (frame != NULL)
        g_assert_cmpuint (frame->heartbeat->nonce, ==, expected++ * 1000000);
    }
  return expected;
}

/* All ways to cut three frames into three pieces, and into single bytes. */
static void
test_splits (void)
{
  g_autoptr (GByteArray) all = three_frames ();

  for (guint first = 0; first <= all->len; first++)
    for (guint second = first; second <= all->len; second++)
      {
        g_autoptr (DfnWireReader) reader = dfn_wire_reader_new ();
        guint n = read_frames (reader, all->data, first, 0);

        n = read_frames (reader, all->data + first, second - first, n);
        n = read_frames (reader, all->data + second, all->len - second, n);
        g_assert_cmpuint (n, ==, 3);
        g_assert_true (dfn_wire_reader_is_empty (reader));
      }
  {
    g_autoptr (DfnWireReader) reader = dfn_wire_reader_new ();
    guint n = 0;

    for (guint i = 0; i < all->len; i++)
      n = read_frames (reader, all->data + i, 1, n);
    g_assert_cmpuint (n, ==, 3);
  }
}

static void
test_not_empty (void)
{
  g_autoptr (GByteArray) all = three_frames ();

  for (guint cut = 1; cut < 4 + dfn_read_be32 (all->data); cut++)
    {
      g_autoptr (DfnWireReader) reader = dfn_wire_reader_new ();

      read_frames (reader, all->data, cut, 0);
      g_assert_false (dfn_wire_reader_is_empty (reader));
    }
}

static gboolean
prefix_passes (guint32 length)
{
  g_autoptr (DfnWireReader) reader = dfn_wire_reader_new ();
  g_autoptr (Dfn__Frame) frame = NULL;
  g_autoptr (GError) error = NULL;
  guint8 prefix[4];
  const guint8 *data = prefix;
  gsize left = sizeof prefix;
  gboolean ok;

  dfn_write_be32 (prefix, length);
  ok = dfn_wire_reader_take (reader, &data, &left, &frame, &error);
  if (!ok)
    g_assert_error (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_MESSAGE);
  return ok;
}

static void
test_length_prefix (void)
{
  g_assert_true (prefix_passes (0));
  g_assert_true (prefix_passes (DFN_WIRE_MAX_FRAME));
  g_assert_false (prefix_passes (DFN_WIRE_MAX_FRAME + 1));
  g_assert_false (prefix_passes (0x7fffffff));
  g_assert_false (prefix_passes (0xffffffff));
}

/* A frame of no bytes is one from the future, and a stream goes on after it. */
static void
test_zero_length (void)
{
  g_autoptr (DfnWireReader) reader = dfn_wire_reader_new ();
  g_autoptr (GByteArray) all = three_frames ();
  g_autoptr (Dfn__Frame) frame = NULL;
  const guint8 *data = zeros;
  gsize length = 4;

  g_assert_true (dfn_wire_reader_take (reader, &data, &length, &frame, NULL));
  g_assert_nonnull (frame);
  g_assert_cmpint (frame->body_case, ==, DFN__FRAME__BODY__NOT_SET);
  g_assert_cmpuint (read_frames (reader, all->data, all->len, 0), ==, 3);
}

/* Signals */

typedef struct {
  Dfn__Signal signal;
  Dfn__Offer offer;
  Dfn__Answer answer;
  Dfn__CandidateUpdate update;
  Dfn__Refusal refusal;
  Dfn__Transport transport;
  Dfn__Candidate candidates[DFN_CANDIDATE_MAX + 1];
  Dfn__Candidate *list[DFN_CANDIDATE_MAX + 1];
} Signals;

static void
signals_init (Signals *s)
{
  dfn__signal__init (&s->signal);
  dfn__offer__init (&s->offer);
  dfn__answer__init (&s->answer);
  dfn__candidate_update__init (&s->update);
  dfn__refusal__init (&s->refusal);
  dfn__transport__init (&s->transport);
  for (guint i = 0; i <= DFN_CANDIDATE_MAX; i++)
    {
      dfn__candidate__init (&s->candidates[i]);
      s->candidates[i].address = (ProtobufCBinaryData){ 4, zeros };
      s->candidates[i].port = 1;
      s->candidates[i].foundation = (char *) "1";
      s->list[i] = &s->candidates[i];
    }
  s->transport.key = (ProtobufCBinaryData){ 32, zeros };
  s->transport.ufrag = (char *) "abcd";
  s->transport.password = (char *) "abcdefghijklmnopqrstu+";
  s->transport.candidates = s->list;
  s->transport.n_candidates = DFN_CANDIDATE_MAX;
  s->update.candidates = s->list;
  s->update.n_candidates = DFN_CANDIDATE_MAX;
  s->offer.transport = s->answer.transport = &s->transport;
  s->offer.content = (ProtobufCBinaryData){ 32, zeros };
  s->signal.session = (ProtobufCBinaryData){ 16, zeros };
  s->signal.body_case = DFN__SIGNAL__BODY_OFFER;
  s->signal.offer = &s->offer;
}

static gboolean
signal_passes (Signals *s)
{
  g_autofree char *text = dfn_wire_pack_signal (&s->signal);
  g_autoptr (GError) error = NULL;
  g_autoptr (Dfn__Signal) copy = dfn_wire_unpack_signal (text, &error);

  if (copy == NULL)
    g_assert_error (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_MESSAGE);
  else
    g_assert_cmpint (copy->body_case, ==, s->signal.body_case);
  return copy != NULL;
}

static void
check_bytes (Signals *s, ProtobufCBinaryData *field)
{
  gsize right = field->len;

  g_assert_true (signal_passes (s));
  field->len = right - 1;
  g_assert_false (signal_passes (s));
  field->len = right + 1;
  g_assert_false (signal_passes (s));
  field->len = 0;
  g_assert_false (signal_passes (s));
  field->len = right;
}

static void
check_text (Signals *s, char **field, gsize least, gsize most)
{
  char *right = *field;
  const gsize lengths[] = { 0, least - 1, least, most, most + 1 };

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *text = g_strnfill (lengths[i], 'x');

      *field = text;
      g_assert_cmpint (signal_passes (s), ==, lengths[i] >= least && lengths[i] <= most);
    }
  for (const char *c = "\n \"-_=:\x7f\xc3"; *c != '\0'; c++)
    {
      g_autofree char *text = g_strnfill (least + 1, 'x');

      text[least / 2] = *c;
      *field = text;
      g_assert_false (signal_passes (s));
    }
  *field = right;
}

static void
test_offer (void)
{
  Signals s;

  signals_init (&s);
  g_assert_true (signal_passes (&s));
  check_bytes (&s, &s.signal.session);
  check_bytes (&s, &s.offer.content);
  check_bytes (&s, &s.transport.key);
  check_text (&s, &s.transport.ufrag, 4, 256);
  check_text (&s, &s.transport.password, 22, 256);
  check_text (&s, &s.candidates[3].foundation, 1, DFN_CANDIDATE_FOUNDATION_MAX);
  s.transport.n_candidates = 0;
  g_assert_true (signal_passes (&s));
  s.transport.n_candidates = DFN_CANDIDATE_MAX + 1;
  g_assert_false (signal_passes (&s));
  s.transport.n_candidates = 1;
  s.offer.transport = NULL;
  g_assert_false (signal_passes (&s));
}

static void
test_answer (void)
{
  Signals s;

  signals_init (&s);
  s.signal.body_case = DFN__SIGNAL__BODY_ANSWER;
  s.signal.answer = &s.answer;
  check_bytes (&s, &s.transport.key);
  s.answer.transport = NULL;
  g_assert_false (signal_passes (&s));
}

static void
test_candidates (void)
{
  Signals s;
  Dfn__Candidate *candidate = &s.candidates[9];

  signals_init (&s);
  s.signal.body_case = DFN__SIGNAL__BODY_UPDATE;
  s.signal.update = &s.update;
  for (gsize length = 0; length < 20; length++)
    {
      candidate->address.len = length;
      g_assert_cmpint (signal_passes (&s), ==, length == 4 || length == 16);
    }
  candidate->address.len = 4;
  candidate->port = 0;
  g_assert_false (signal_passes (&s));
  candidate->port = 65535;
  g_assert_true (signal_passes (&s));
  candidate->port = 65536;
  g_assert_false (signal_passes (&s));
  candidate->port = 1;
  for (int type = -1; type < 6; type++)
    {
      candidate->type = (Dfn__Candidate__Type) type;
      g_assert_cmpint (signal_passes (&s), ==, type >= 0 && type <= 3);
    }
  candidate->type = DFN__CANDIDATE__TYPE__HOST;
  s.update.n_candidates = DFN_CANDIDATE_MAX + 1;
  g_assert_false (signal_passes (&s));
}

static void
test_other_signals (void)
{
  Signals s;

  signals_init (&s);
  s.signal.body_case = DFN__SIGNAL__BODY_REFUSAL;
  s.signal.refusal = &s.refusal;
  check_bytes (&s, &s.signal.session);
  s.signal.body_case = DFN__SIGNAL__BODY__NOT_SET; /* from the future */
  g_assert_true (signal_passes (&s));
}

static void
test_bad_text (void)
{
  static const char *const bad[] = { "", "=", "!!!!", "AAAA", "////" };
  g_autofree char *long_text = g_strnfill (DFN_WIRE_MAX_SIGNAL + 1, 'A');

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (dfn_wire_unpack_signal (bad[i], &error));
      g_assert_error (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_INVALID_MESSAGE);
    }
  g_assert_null (dfn_wire_unpack_signal (long_text, NULL));
}

/* What both sides think of a candidate is the same. */
static void
test_candidate_round_trip (void)
{
  g_autoptr (GPtrArray) candidates =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_candidate_free);
  g_autoptr (GInetAddress) four = g_inet_address_new_from_string ("192.0.2.1");
  g_autoptr (GInetAddress) six = g_inet_address_new_from_string ("2001:db8::1");
  g_autoptr (GPtrArray) copies = NULL;
  Dfn__Candidate **messages;
  gsize n;

  g_ptr_array_add (candidates, dfn_candidate_new (DFN_CANDIDATE_HOST, four, 1, 2, "3"));
  g_ptr_array_add (candidates,
                   dfn_candidate_new (DFN_CANDIDATE_RELAYED, six, 65535, G_MAXUINT32, "+/"));
  messages = dfn_wire_from_candidates (candidates, &n);
  copies = dfn_wire_to_candidates (messages, n);
  dfn_wire_candidates_free (messages, n);
  g_assert_cmpuint (copies->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      const DfnCandidate *a = candidates->pdata[i];
      const DfnCandidate *b = copies->pdata[i];

      g_assert_cmpint (a->type, ==, b->type);
      g_assert_true (g_inet_address_equal (a->address, b->address));
      g_assert_cmpuint (a->port, ==, b->port);
      g_assert_cmpuint (a->priority, ==, b->priority);
      g_assert_cmpstr (a->foundation, ==, b->foundation);
    }
  for (guint i = 0; i < 20; i++)
    g_ptr_array_add (candidates, dfn_candidate_copy (candidates->pdata[0]));
  messages = dfn_wire_from_candidates (candidates, &n);
  g_assert_cmpuint (n, ==, DFN_CANDIDATE_MAX);
  dfn_wire_candidates_free (messages, n);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/wire/hello", test_hello);
  g_test_add_func ("/network/wire/have", test_have);
  g_test_add_func ("/network/wire/request", test_request);
  g_test_add_func ("/network/wire/response", test_response);
  g_test_add_func ("/network/wire/heartbeat", test_heartbeat);
  g_test_add_func ("/network/wire/future", test_future);
  g_test_add_func ("/network/wire/no-frame", test_no_frame);
  g_test_add_func ("/network/wire/splits", test_splits);
  g_test_add_func ("/network/wire/not-empty", test_not_empty);
  g_test_add_func ("/network/wire/length-prefix", test_length_prefix);
  g_test_add_func ("/network/wire/zero-length", test_zero_length);
  g_test_add_func ("/network/wire/offer", test_offer);
  g_test_add_func ("/network/wire/answer", test_answer);
  g_test_add_func ("/network/wire/candidates", test_candidates);
  g_test_add_func ("/network/wire/other-signals", test_other_signals);
  g_test_add_func ("/network/wire/bad-text", test_bad_text);
  g_test_add_func ("/network/wire/candidate-round-trip", test_candidate_round_trip);
  return g_test_run ();
}
