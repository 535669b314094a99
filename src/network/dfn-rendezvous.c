/* SPDX-License-Identifier: MIT */
#include "dfn-rendezvous.h"

#include "dfn-random.h"
#include "dfn-signal-queue.h"
#include "dfn-source.h"

#include <string.h>

/* The first signal carries what was found until then. */
#define FIRST_CANDIDATES_MS 50
/* Candidates found later are collected for this long, in at most MAX_UPDATES signals. */
#define UPDATE_MS 200
#define MAX_UPDATES 2
/* Of a computer's own addresses: more of them would crowd out those that others see it at. Of each
 * other type MAX_MAPPED, so that all are DFN_CANDIDATE_MAX at most. */
#define MAX_OWN 6
#define MAX_MAPPED 2
/* A relayed path is offered only when no direct one was found by then. */
#define RELAY_AFTER_MS 1500
#define ANSWER_TIMEOUT_MS 10000
#define MEET_TIMEOUT_MS 20000
/* QUIC waits no longer than this for a new path. */
#define RESTART_TIMEOUT_MS 10000
/* Each restart costs an ICE session: a peer gets no more. */
#define RESTART_EVERY_US (500 * 1000)

struct _DfnRendezvous {
  GObject parent_instance;

  DfnIceConfig *config;
  DfnQuicIdentity *identity;
  gboolean is_offer;
  guint n_links; /* of the side that offers */
  char *pubkey;
  guint8 session[DFN_WIRE_SESSION_SIZE];
  guint8 content[DFN_WIRE_CONTENT_SIZE];
  guint8 peer_key[DFN_WIRE_KEY_SIZE];

  DfnIceLink *link;
  DfnIceLink *next;       /* the path that is to take its place, or NULL */
  guint restart_number;   /* of the last one */
  gboolean is_restarting; /* this side began, and has no answer yet */
  gint64 restarted_us;
  DfnPeer *peer;
  GPtrArray *untold;         /* of DfnCandidate, not yet signalled */
  GPtrArray *untold_relayed; /* the same, held back */
  GPtrArray *early;          /* of DfnCandidate, the peer's that came before its answer */
  guint n_candidates[DFN_CANDIDATE_RELAYED + 1]; /* of this side, a count a type */
  guint families; /* of the peer's first candidates: 1 is IPv4, 2 is IPv6 */
  gboolean has_remote;
  gboolean has_told; /* the offer or answer went out */
  gboolean relays_free;
  guint n_updates;
  gboolean is_met;
  gboolean is_over;

  GSource *tell_timer;
  GSource *relay_timer;
  GSource *deadline;
  GSource *restart_deadline;
};

G_DEFINE_FINAL_TYPE (DfnRendezvous, dfn_rendezvous, G_TYPE_OBJECT)

enum { SIGNAL_SIGNAL, SIGNAL_ANSWERED, SIGNAL_EARLY, SIGNAL_MET, SIGNAL_OVER, N_SIGNALS };

static guint signals[N_SIGNALS];

static GSource *
add_timer (DfnRendezvous *self, guint milliseconds, GSourceFunc func)
{
  return dfn_source_attach (g_timeout_source_new (milliseconds),
                            g_main_context_get_thread_default (), func, self);
}

/* Signals out */

static DfnSignalUrgency
get_urgency (const Dfn__Signal *signal)
{
  switch (signal->body_case)
    {
    case DFN__SIGNAL__BODY_ANSWER:
    case DFN__SIGNAL__BODY_RESTART:
      return DFN_SIGNAL_ANSWER;
    case DFN__SIGNAL__BODY_OFFER:
      return DFN_SIGNAL_OFFER;
    case DFN__SIGNAL__BODY_UPDATE:
      return DFN_SIGNAL_UPDATE;
    case DFN__SIGNAL__BODY_REFUSAL:
    case DFN__SIGNAL__BODY__NOT_SET:
    case _DFN__SIGNAL__BODY__CASE_IS_INT_SIZE:
      return DFN_SIGNAL_REFUSAL;
    }
  g_assert_not_reached ();
}

static void
send_signal (DfnRendezvous *self, Dfn__Signal *signal)
{
  g_autofree char *text = NULL;

  signal->session.data = self->session;
  signal->session.len = sizeof self->session;
  text = dfn_wire_pack_signal (signal);
  g_signal_emit (self, signals[SIGNAL_SIGNAL], 0, text, (guint) get_urgency (signal));
}

static void
tell_restart (DfnRendezvous *self, Dfn__Signal *signal, Dfn__Transport *transport)
{
  Dfn__Restart restart = DFN__RESTART__INIT;

  restart.transport = transport;
  restart.number = self->restart_number;
  restart.answer = !self->is_restarting;
  signal->body_case = DFN__SIGNAL__BODY_RESTART;
  signal->restart = &restart;
  send_signal (self, signal);
  signal->restart = NULL;
}

static void
tell_transport (DfnRendezvous *self)
{
  DfnIceLink *link = self->next != NULL ? self->next : self->link;
  Dfn__Signal signal = DFN__SIGNAL__INIT;
  Dfn__Transport transport = DFN__TRANSPORT__INIT;
  Dfn__Offer offer = DFN__OFFER__INIT;
  Dfn__Answer answer = DFN__ANSWER__INIT;

  transport.key.data = (guint8 *) dfn_quic_identity_get_key (self->identity);
  transport.key.len = DFN_WIRE_KEY_SIZE;
  transport.ufrag = (char *) dfn_ice_link_get_ufrag (link);
  transport.password = (char *) dfn_ice_link_get_password (link);
  transport.candidates = dfn_wire_from_candidates (self->untold, &transport.n_candidates);
  self->has_told = TRUE;
  g_debug ("join: %s with %u candidates",
           self->is_offer ? "an offer is made" : "an offer is answered", self->untold->len);
  g_ptr_array_set_size (self->untold, 0);
  if (self->next != NULL)
    tell_restart (self, &signal, &transport);
  else if (self->is_offer)
    {
      offer.transport = &transport;
      offer.content.data = self->content;
      offer.content.len = sizeof self->content;
      offer.links = self->n_links;
      signal.body_case = DFN__SIGNAL__BODY_OFFER;
      signal.offer = &offer;
      send_signal (self, &signal);
    }
  else
    {
      answer.transport = &transport;
      signal.body_case = DFN__SIGNAL__BODY_ANSWER;
      signal.answer = &answer;
      send_signal (self, &signal);
    }
  dfn_wire_candidates_free (transport.candidates, transport.n_candidates);
}

static void
tell_update (DfnRendezvous *self)
{
  Dfn__Signal signal = DFN__SIGNAL__INIT;
  Dfn__CandidateUpdate update = DFN__CANDIDATE_UPDATE__INIT;

  if (self->untold->len == 0 || self->n_updates == MAX_UPDATES)
    return;
  self->n_updates++;
  update.candidates = dfn_wire_from_candidates (self->untold, &update.n_candidates);
  signal.body_case = DFN__SIGNAL__BODY_UPDATE;
  signal.update = &update;
  g_ptr_array_set_size (self->untold, 0);
  send_signal (self, &signal);
  dfn_wire_candidates_free (update.candidates, update.n_candidates);
}

static gboolean
on_tell (gpointer user_data)
{
  DfnRendezvous *self = user_data;

  dfn_source_clear (&self->tell_timer);
  if (self->has_told)
    tell_update (self);
  else
    tell_transport (self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_relays_allowed (gpointer user_data)
{
  DfnRendezvous *self = user_data;

  dfn_source_clear (&self->relay_timer);
  self->relays_free = TRUE;
  if (self->is_met && self->next == NULL)
    return G_SOURCE_REMOVE;
  g_ptr_array_extend_and_steal (self->untold, g_steal_pointer (&self->untold_relayed));
  self->untold_relayed = g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_candidate_free);
  if (self->has_told)
    tell_update (self);
  return G_SOURCE_REMOVE;
}

/* Whether the peer surely has a way to this candidate: then what STUN finds need not be waited for
 * before an answer. An offer waits for its relay longer than that. */
static gboolean
is_enough (DfnRendezvous *self, const DfnCandidate *candidate)
{
  GSocketFamily family = g_inet_address_get_family (candidate->address);
  DfnScope scope = dfn_ice_config_get_scope (self->config);

  return !self->is_offer && candidate->type == DFN_CANDIDATE_HOST
         && dfn_scope_of_address (candidate->address) >= scope
         && (self->families & (family == G_SOCKET_FAMILY_IPV6 ? 2 : 1)) != 0;
}

static void
on_candidate (DfnIceLink *link, const DfnCandidate *candidate, DfnRendezvous *self)
{
  gboolean hold = candidate->type == DFN_CANDIDATE_RELAYED && !self->relays_free;
  guint most = candidate->type == DFN_CANDIDATE_HOST ? MAX_OWN : MAX_MAPPED;

  if (self->n_candidates[candidate->type]++ >= most)
    return;
  g_ptr_array_add (hold ? self->untold_relayed : self->untold, dfn_candidate_copy (candidate));
  if (!hold && self->has_told && self->tell_timer == NULL)
    self->tell_timer = add_timer (self, UPDATE_MS, on_tell);
  else if (!hold && !self->has_told && self->tell_timer != NULL && is_enough (self, candidate))
    g_source_set_ready_time (self->tell_timer, 0);
}

static void
on_gathered (DfnIceLink *link, DfnRendezvous *self)
{
  /* Nothing more will come within the first moments: there is nothing to wait for. It may fire
   * inside dfn_ice_link_gather(), before anybody expects a signal. */
  if (!self->has_told && self->tell_timer != NULL)
    g_source_set_ready_time (self->tell_timer, 0);
}

/* The end */

void
dfn_rendezvous_fail (DfnRendezvous *self, GError *error)
{
  g_autoptr (GError) owned = error;
  g_autoptr (DfnRendezvous) alive = NULL;

  if (self->is_over)
    return;
  alive = g_object_ref (self);
  self->is_over = TRUE;
  dfn_source_clear (&self->tell_timer);
  dfn_source_clear (&self->relay_timer);
  dfn_source_clear (&self->deadline);
  dfn_source_clear (&self->restart_deadline);
  g_signal_emit (self, signals[SIGNAL_OVER], 0, owned);
}

static gboolean
on_deadline (gpointer user_data)
{
  DfnRendezvous *self = user_data;

  if (!self->has_remote)
    dfn_rendezvous_fail (self, g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_TIMED_OUT,
                                                    "The peer did not answer the offer"));
  else
    dfn_rendezvous_fail (
        self, g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_UNREACHABLE,
                                   "No path to the peer was found; a TURN server may help"));
  return G_SOURCE_REMOVE;
}

static void
on_peer_early (DfnPeer *peer, DfnRendezvous *self)
{
  g_signal_emit (self, signals[SIGNAL_EARLY], 0);
}

static void
on_peer_ready (DfnPeer *peer, DfnRendezvous *self)
{
  self->is_met = TRUE;
  g_debug ("join: a peer is met");
  dfn_source_clear (&self->deadline);
  dfn_source_clear (&self->relay_timer);
  g_signal_emit (self, signals[SIGNAL_MET], 0);
}

static void
on_peer_closed (DfnPeer *peer, DfnRendezvous *self)
{
  dfn_rendezvous_fail (self, g_error_copy (dfn_peer_get_error (peer)));
}

/* Signals in */

static void
take_transport (DfnRendezvous *self, const Dfn__Transport *transport)
{
  g_autoptr (GPtrArray) candidates =
      dfn_wire_to_candidates (transport->candidates, transport->n_candidates);

  self->has_remote = TRUE;
  g_debug ("join: %s is here", self->is_offer ? "an answer" : "an offer");
  dfn_source_clear (&self->deadline);
  self->deadline = add_timer (self, MEET_TIMEOUT_MS, on_deadline);
  if (!dfn_ice_link_set_remote_credentials (self->link, transport->ufrag, transport->password))
    {
      dfn_rendezvous_fail (self, g_error_new_literal (DFN_NETWORK_ERROR,
                                                      DFN_NETWORK_ERROR_INVALID_MESSAGE,
                                                      "The peer's ICE credentials are not usable"));
      return;
    }
  for (guint i = 0; i < candidates->len; i++)
    {
      const DfnCandidate *candidate = candidates->pdata[i];

      self->families |=
          g_inet_address_get_family (candidate->address) == G_SOCKET_FAMILY_IPV6 ? 2 : 1;
    }
  g_ptr_array_extend_and_steal (candidates, g_steal_pointer (&self->early));
  dfn_ice_link_add_remote_candidates (self->link, candidates);
  memcpy (self->peer_key, transport->key.data, sizeof self->peer_key);
  self->peer =
      dfn_peer_new (DFN_LINK (self->link), !self->is_offer, self->identity, self->peer_key);
  g_signal_connect (self->peer, "early", G_CALLBACK (on_peer_early), self);
  g_signal_connect (self->peer, "ready", G_CALLBACK (on_peer_ready), self);
  g_signal_connect (self->peer, "closed", G_CALLBACK (on_peer_closed), self);
}

static void
take_update (DfnRendezvous *self, const Dfn__CandidateUpdate *update)
{
  g_autoptr (GPtrArray) candidates =
      dfn_wire_to_candidates (update->candidates, update->n_candidates);

  if (self->has_remote)
    dfn_ice_link_add_remote_candidates (self->next != NULL ? self->next : self->link, candidates);
  else if (self->early->len < DFN_CANDIDATE_MAX)
    g_ptr_array_extend_and_steal (self->early, g_steal_pointer (&candidates));
}

static void
take_refusal (DfnRendezvous *self, const Dfn__Refusal *refusal)
{
  dfn_rendezvous_fail (self,
                       g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_REFUSED,
                                            refusal->reason == DFN__CLOSE_REASON__FULL
                                                ? "The peer has no room for another viewer now"
                                                : "The peer does not want to connect now"));
}

/* A new path for the connection that there is */

static void
forget_next (DfnRendezvous *self)
{
  dfn_source_clear (&self->restart_deadline);
  dfn_source_clear (&self->tell_timer);
  dfn_source_clear (&self->relay_timer);
  if (self->next != NULL)
    g_signal_handlers_disconnect_by_data (self->next, self);
  g_clear_object (&self->next);
  self->is_restarting = FALSE;
}

static gboolean
on_restart_deadline (gpointer user_data)
{
  forget_next (user_data); /* QUIC sees for itself whether the old path still carries anything */
  return G_SOURCE_REMOVE;
}

/* The path that is in use is lost: consent is withdrawn, or nobody answers any more. */
static void
on_link_state (DfnLink *link, DfnRendezvous *self)
{
  if (dfn_link_get_state (link) == DFN_LINK_STATE_CONNECTED)
    g_debug ("join: there is a path");
  if (dfn_link_get_state (link) == DFN_LINK_STATE_FAILED && self->next == NULL)
    dfn_rendezvous_restart (self);
}

static void
on_next_state (DfnLink *link, DfnRendezvous *self)
{
  g_autoptr (DfnIceLink) next = NULL;

  if (dfn_link_get_state (link) == DFN_LINK_STATE_CONNECTING)
    return;
  if (dfn_link_get_state (link) == DFN_LINK_STATE_CONNECTED)
    next = g_object_ref (self->next);
  forget_next (self);
  if (next == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->link, self);
  g_set_object (&self->link, next);
  g_signal_connect (self->link, "state-changed", G_CALLBACK (on_link_state), self);
  dfn_quic_set_link (dfn_peer_get_quic (self->peer), link);
}

static void
prepare_next (DfnRendezvous *self)
{
  forget_next (self);
  self->has_told = FALSE;
  self->n_updates = 0;
  memset (self->n_candidates, 0, sizeof self->n_candidates);
  g_ptr_array_set_size (self->untold, 0);
  g_ptr_array_set_size (self->untold_relayed, 0);
  self->relays_free = dfn_ice_config_get_force_relay (self->config);
  self->restarted_us = g_get_monotonic_time ();
  self->next = dfn_ice_link_new (self->config, self->is_offer);
  g_signal_connect (self->next, "candidate", G_CALLBACK (on_candidate), self);
  g_signal_connect (self->next, "gathered", G_CALLBACK (on_gathered), self);
  g_signal_connect (self->next, "state-changed", G_CALLBACK (on_next_state), self);
  self->restart_deadline = add_timer (self, RESTART_TIMEOUT_MS, on_restart_deadline);
}

static void
gather_next (DfnRendezvous *self)
{
  self->tell_timer = add_timer (self, FIRST_CANDIDATES_MS, on_tell);
  if (!self->relays_free)
    self->relay_timer = add_timer (self, RELAY_AFTER_MS, on_relays_allowed);
  if (!dfn_ice_link_gather (self->next, NULL))
    forget_next (self); /* this computer is nowhere now; it may be somewhere soon */
}

static void
connect_next (DfnRendezvous *self, const Dfn__Transport *transport)
{
  g_autoptr (GPtrArray) candidates =
      dfn_wire_to_candidates (transport->candidates, transport->n_candidates);

  if (dfn_ice_link_set_remote_credentials (self->next, transport->ufrag, transport->password))
    dfn_ice_link_add_remote_candidates (self->next, candidates);
}

void
dfn_rendezvous_restart (DfnRendezvous *self)
{
  if (!self->is_met || self->is_over || self->restart_number >= DFN_WIRE_MAX_RESTARTS)
    return;
  prepare_next (self);
  self->restart_number++;
  self->is_restarting = TRUE;
  gather_next (self);
}

/* Both may begin at once; then the one that offered at first goes on. */
static gboolean
is_wanted (DfnRendezvous *self, const Dfn__Restart *restart)
{
  if (restart->number < self->restart_number
      || g_get_monotonic_time () - self->restarted_us < RESTART_EVERY_US)
    return restart->number == self->restart_number && self->is_restarting && !self->is_offer;
  return restart->number > self->restart_number || (self->is_restarting && !self->is_offer);
}

static void
take_restart (DfnRendezvous *self, const Dfn__Restart *restart)
{
  if (!self->is_met
      || memcmp (restart->transport->key.data, self->peer_key, DFN_WIRE_KEY_SIZE) != 0)
    return;
  if (restart->answer)
    {
      if (!self->is_restarting || restart->number != self->restart_number)
        return;
      self->is_restarting = FALSE;
      connect_next (self, restart->transport);
    }
  else if (is_wanted (self, restart))
    {
      prepare_next (self);
      self->restart_number = restart->number;
      connect_next (self, restart->transport);
      gather_next (self);
    }
}

void
dfn_rendezvous_take_signal (DfnRendezvous *self, const Dfn__Signal *signal)
{
  if (self->is_over)
    return;
  switch (signal->body_case)
    {
    case DFN__SIGNAL__BODY_ANSWER:
      if (self->is_offer && !self->has_remote)
        {
          g_signal_emit (self, signals[SIGNAL_ANSWERED], 0);
          if (self->is_over)
            break;
          take_transport (self, signal->answer->transport);
        }
      break;
    case DFN__SIGNAL__BODY_UPDATE:
      take_update (self, signal->update);
      break;
    case DFN__SIGNAL__BODY_REFUSAL:
      if (self->is_offer && !self->has_remote)
        take_refusal (self, signal->refusal);
      break;
    case DFN__SIGNAL__BODY_RESTART:
      take_restart (self, signal->restart);
      break;
    case DFN__SIGNAL__BODY_OFFER: /* the session has one already */
    case DFN__SIGNAL__BODY__NOT_SET:
    case _DFN__SIGNAL__BODY__CASE_IS_INT_SIZE:
      break;
    }
}

/* Life */

static void
dfn_rendezvous_dispose (GObject *object)
{
  DfnRendezvous *self = DFN_RENDEZVOUS (object);

  self->is_over = TRUE;
  dfn_source_clear (&self->tell_timer);
  dfn_source_clear (&self->relay_timer);
  dfn_source_clear (&self->deadline);
  if (self->peer != NULL)
    g_signal_handlers_disconnect_by_data (self->peer, self);
  if (self->link != NULL)
    g_signal_handlers_disconnect_by_data (self->link, self);
  forget_next (self);
  g_clear_object (&self->peer);
  g_clear_object (&self->link);
  G_OBJECT_CLASS (dfn_rendezvous_parent_class)->dispose (object);
}

static void
dfn_rendezvous_finalize (GObject *object)
{
  DfnRendezvous *self = DFN_RENDEZVOUS (object);

  g_clear_object (&self->config);
  g_clear_object (&self->identity);
  g_clear_pointer (&self->untold, g_ptr_array_unref);
  g_clear_pointer (&self->untold_relayed, g_ptr_array_unref);
  g_clear_pointer (&self->early, g_ptr_array_unref);
  g_free (self->pubkey);
  G_OBJECT_CLASS (dfn_rendezvous_parent_class)->finalize (object);
}

static void
dfn_rendezvous_class_init (DfnRendezvousClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_rendezvous_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_rendezvous_finalize;

  /**
   * DfnRendezvous::signal:
   * @text: a signal for the peer, as dfn_wire_pack_signal() makes it
   * @urgency: a #DfnSignalUrgency
   */
  signals[SIGNAL_SIGNAL] = g_signal_new ("signal", DFN_TYPE_RENDEZVOUS, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_UINT);
  /**
   * DfnRendezvous::answered:
   *
   * The peer is there and wants to meet.
   */
  signals[SIGNAL_ANSWERED] = g_signal_new ("answered", DFN_TYPE_RENDEZVOUS, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * DfnRendezvous::early:
   *
   * As #DfnPeer::early, soon before ::met, at the side that answers.
   */
  signals[SIGNAL_EARLY] = g_signal_new ("early", DFN_TYPE_RENDEZVOUS, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 0);
  /**
   * DfnRendezvous::met:
   *
   * The peer has proved its key; requests may be sent.
   */
  signals[SIGNAL_MET] = g_signal_new ("met", DFN_TYPE_RENDEZVOUS, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                      NULL, G_TYPE_NONE, 0);
  /**
   * DfnRendezvous::over:
   * @error: a #GError with the reason
   *
   * The peer could not be met, or has gone.
   */
  signals[SIGNAL_OVER] = g_signal_new ("over", DFN_TYPE_RENDEZVOUS, G_SIGNAL_RUN_LAST, 0, NULL,
                                       NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
dfn_rendezvous_init (DfnRendezvous *self)
{
  self->untold = g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_candidate_free);
  self->untold_relayed = g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_candidate_free);
  self->early = g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_candidate_free);
}

static DfnRendezvous *
rendezvous_new (DfnIceConfig *config,
                DfnQuicIdentity *identity,
                const char *pubkey,
                const guint8 *content,
                gboolean is_offer)
{
  DfnRendezvous *self = g_object_new (DFN_TYPE_RENDEZVOUS, NULL);

  self->config = g_object_ref (config);
  self->identity = g_object_ref (identity);
  self->is_offer = is_offer;
  self->pubkey = g_strdup (pubkey);
  self->relays_free = dfn_ice_config_get_force_relay (config);
  memcpy (self->content, content, sizeof self->content);
  self->link = dfn_ice_link_new (config, is_offer);
  g_signal_connect (self->link, "candidate", G_CALLBACK (on_candidate), self);
  g_signal_connect (self->link, "gathered", G_CALLBACK (on_gathered), self);
  g_signal_connect (self->link, "state-changed", G_CALLBACK (on_link_state), self);
  return self;
}

DfnRendezvous *
dfn_rendezvous_new_offer (DfnIceConfig *config,
                          DfnQuicIdentity *identity,
                          const char *pubkey,
                          const guint8 *content)
{
  DfnRendezvous *self = rendezvous_new (config, identity, pubkey, content, TRUE);

  dfn_random_bytes (self->session, sizeof self->session);
  return self;
}

DfnRendezvous *
dfn_rendezvous_new_answer (DfnIceConfig *config,
                           DfnQuicIdentity *identity,
                           const char *pubkey,
                           const guint8 *session,
                           const guint8 *content)
{
  DfnRendezvous *self = rendezvous_new (config, identity, pubkey, content, FALSE);

  memcpy (self->session, session, sizeof self->session);
  return self;
}

void
dfn_rendezvous_start (DfnRendezvous *self, const Dfn__Offer *offer)
{
  g_autoptr (GError) error = NULL;

  self->deadline = add_timer (self, ANSWER_TIMEOUT_MS, on_deadline);
  if (offer != NULL)
    {
      self->n_links = offer->links;
      take_transport (self, offer->transport);
    }
  if (self->is_over)
    return;
  self->tell_timer = add_timer (self, FIRST_CANDIDATES_MS, on_tell);
  if (!self->relays_free)
    self->relay_timer = add_timer (self, RELAY_AFTER_MS, on_relays_allowed);
  if (!dfn_ice_link_gather (self->link, &error))
    dfn_rendezvous_fail (self, g_steal_pointer (&error));
}

const char *
dfn_rendezvous_get_pubkey (DfnRendezvous *self)
{
  return self->pubkey;
}

const guint8 *
dfn_rendezvous_get_session (DfnRendezvous *self)
{
  return self->session;
}

const guint8 *
dfn_rendezvous_get_content (DfnRendezvous *self)
{
  return self->content;
}

DfnIceLink *
dfn_rendezvous_get_link (DfnRendezvous *self)
{
  return self->link;
}

DfnPeer *
dfn_rendezvous_get_peer (DfnRendezvous *self)
{
  return self->peer;
}

gboolean
dfn_rendezvous_is_moving (DfnRendezvous *self)
{
  return self->next != NULL;
}

gboolean
dfn_rendezvous_is_offerer (DfnRendezvous *self)
{
  return self->is_offer;
}

void
dfn_rendezvous_set_n_links (DfnRendezvous *self, guint n_links)
{
  self->n_links = n_links;
}

guint
dfn_rendezvous_get_n_links (DfnRendezvous *self)
{
  return self->n_links;
}

gboolean
dfn_rendezvous_is_met (DfnRendezvous *self)
{
  return self->is_met;
}
