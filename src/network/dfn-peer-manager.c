/* SPDX-License-Identifier: MIT */
#include "dfn-peer-manager.h"

#include "dfn-address-watch.h"
#include "dfn-signal-queue.h"
#include "dfn-source.h"

#include <string.h>

/* Two: a second try may begin before the first one is known to be lost. */
#define MAX_MEETING_ONE 2
/* Sessions remembered, so that an offer that a relay repeats is not answered twice. */
#define MAX_SEEN 1024
/* After the last change of an address. */
#define SETTLE_MS 300

struct _DfnPeerManager {
  GObject parent_instance;

  DfnIceConfig *config;
  DfnQuicIdentity *identity;
  gboolean accepting;
  const DfnPeerManagerHandler *handler;
  gpointer handler_data;
  GHashTable *rendezvous; /* session (GBytes): owned DfnRendezvous */
  GHashTable *seen;       /* set of sessions (GBytes) that were offered to us */
  GQueue seen_order;      /* of the same GBytes, the oldest first */
  GSource *watch;         /* of this computer's addresses */
  GSource *moving;        /* while their changes are being waited for */
};

G_DEFINE_FINAL_TYPE (DfnPeerManager, dfn_peer_manager, G_TYPE_OBJECT)

enum {
  SIGNAL_SEND_SIGNAL,
  SIGNAL_ANSWERED,
  SIGNAL_REFERRED,
  SIGNAL_NEWCOMER,
  SIGNAL_PEER_ADDED,
  SIGNAL_PEER_REMOVED,
  SIGNAL_CONNECT_FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static GBytes *
session_key (const guint8 *session)
{
  return g_bytes_new (session, DFN_WIRE_SESSION_SIZE);
}

static void
on_signal (DfnRendezvous *rendezvous, const char *text, guint urgency, DfnPeerManager *self)
{
  g_signal_emit (self, signals[SIGNAL_SEND_SIGNAL], 0, dfn_rendezvous_get_pubkey (rendezvous), text,
                 urgency);
}

static void
on_answered (DfnRendezvous *rendezvous, DfnPeerManager *self)
{
  g_signal_emit (self, signals[SIGNAL_ANSWERED], 0, dfn_rendezvous_get_pubkey (rendezvous));
}

/* Finds another meeting with the same peer about the same thing. */
static DfnRendezvous *
find_other (DfnPeerManager *self, DfnRendezvous *rendezvous)
{
  GHashTableIter iter;
  gpointer other;

  g_hash_table_iter_init (&iter, self->rendezvous);
  while (g_hash_table_iter_next (&iter, NULL, &other))
    if (other != rendezvous && dfn_rendezvous_is_met (other)
        && strcmp (dfn_rendezvous_get_pubkey (other), dfn_rendezvous_get_pubkey (rendezvous)) == 0
        && memcmp (dfn_rendezvous_get_content (other), dfn_rendezvous_get_content (rendezvous),
                   DFN_WIRE_CONTENT_SIZE)
               == 0)
      return other;
  return NULL;
}

static void
on_early (DfnRendezvous *rendezvous, DfnPeerManager *self)
{
  if (dfn_rendezvous_get_n_links (rendezvous) == 0)
    g_signal_emit (self, signals[SIGNAL_NEWCOMER], 0, dfn_rendezvous_get_peer (rendezvous),
                   dfn_rendezvous_get_content (rendezvous));
}

static void
on_met (DfnRendezvous *rendezvous, DfnPeerManager *self)
{
  g_autoptr (DfnRendezvous) alive = g_object_ref (rendezvous);
  DfnRendezvous *other = find_other (self, rendezvous);

  /* It came again, so the connection that was there before is lost to it. */
  if (other != NULL)
    dfn_peer_close (dfn_rendezvous_get_peer (other), DFN__CLOSE_REASON__LEAVING,
                    g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_CLOSED,
                                         "The peer made a new connection"));
  g_signal_emit (self, signals[SIGNAL_PEER_ADDED], 0, dfn_rendezvous_get_peer (rendezvous),
                 dfn_rendezvous_get_pubkey (rendezvous), dfn_rendezvous_get_content (rendezvous));
}

static void
forget (DfnPeerManager *self, DfnRendezvous *rendezvous)
{
  g_autoptr (GBytes) key = session_key (dfn_rendezvous_get_session (rendezvous));

  g_signal_handlers_disconnect_by_data (rendezvous, self);
  g_hash_table_remove (self->rendezvous, key);
}

static void
on_over (DfnRendezvous *rendezvous, GError *error, DfnPeerManager *self)
{
  g_autoptr (DfnRendezvous) alive = g_object_ref (rendezvous);
  g_autoptr (DfnPeerManager) self_alive = g_object_ref (self);

  forget (self, rendezvous);
  if (dfn_rendezvous_is_met (rendezvous))
    g_signal_emit (self, signals[SIGNAL_PEER_REMOVED], 0, dfn_rendezvous_get_peer (rendezvous),
                   error);
  else
    g_signal_emit (self, signals[SIGNAL_CONNECT_FAILED], 0, dfn_rendezvous_get_pubkey (rendezvous),
                   error);
}

static void
add (DfnPeerManager *self, DfnRendezvous *rendezvous, const Dfn__Offer *offer)
{
  g_autoptr (DfnRendezvous) alive = g_object_ref (rendezvous);

  g_hash_table_insert (self->rendezvous, session_key (dfn_rendezvous_get_session (rendezvous)),
                       rendezvous);
  g_signal_connect (rendezvous, "signal", G_CALLBACK (on_signal), self);
  g_signal_connect (rendezvous, "answered", G_CALLBACK (on_answered), self);
  g_signal_connect (rendezvous, "early", G_CALLBACK (on_early), self);
  g_signal_connect (rendezvous, "met", G_CALLBACK (on_met), self);
  g_signal_connect (rendezvous, "over", G_CALLBACK (on_over), self);
  dfn_rendezvous_start (rendezvous, offer);
}

/* Changes of address */

/* Restarts those whose address is gone; by their keys, as a signal may end any of them. */
static gboolean
on_moved (gpointer user_data)
{
  g_autoptr (DfnPeerManager) self = g_object_ref (user_data);
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer rendezvous;

  dfn_source_clear (&self->moving);
  g_hash_table_iter_init (&iter, self->rendezvous);
  while (g_hash_table_iter_next (&iter, NULL, &rendezvous))
    if (dfn_rendezvous_is_met (rendezvous)
        && dfn_ice_link_is_stranded (dfn_rendezvous_get_link (rendezvous)))
      g_ptr_array_add (all, g_object_ref (rendezvous));
  for (guint i = 0; i < all->len; i++)
    dfn_rendezvous_restart (all->pdata[i]);
  return G_SOURCE_REMOVE;
}

/* An address that goes is often followed at once by one that comes. */
static gboolean
on_address_changed (gpointer user_data)
{
  DfnPeerManager *self = user_data;

  dfn_source_clear (&self->moving);
  self->moving = dfn_source_attach (g_timeout_source_new (SETTLE_MS),
                                    g_source_get_context (self->watch), on_moved, self);
  return G_SOURCE_CONTINUE;
}

/* Offers of others */

static void
refuse (DfnPeerManager *self, const char *to, const Dfn__Signal *offer)
{
  Dfn__Signal signal = DFN__SIGNAL__INIT;
  Dfn__Refusal refusal = DFN__REFUSAL__INIT;
  DfnMemberRecord records[DFN_WIRE_MAX_MEMBERS];
  Dfn__MemberRecord messages[DFN_WIRE_MAX_MEMBERS];
  Dfn__MemberRecord *members[DFN_WIRE_MAX_MEMBERS];
  g_autofree char *text = NULL;

  refusal.reason = DFN__CLOSE_REASON__FULL;
  if (self->handler != NULL)
    refusal.n_members = self->handler->refer (to, offer->offer, records, self->handler_data);
  refusal.members = dfn_wire_from_records (records, refusal.n_members, messages, members);
  signal.session = offer->session;
  signal.body_case = DFN__SIGNAL__BODY_REFUSAL;
  signal.refusal = &refusal;
  text = dfn_wire_pack_signal (&signal);
  g_signal_emit (self, signals[SIGNAL_SEND_SIGNAL], 0, to, text, (guint) DFN_SIGNAL_REFUSAL);
}

/* Returns whether the session is new. */
static gboolean
remember (DfnPeerManager *self, const Dfn__Signal *offer)
{
  GBytes *key = session_key (offer->session.data);

  if (g_hash_table_contains (self->seen, key))
    {
      g_bytes_unref (key);
      return FALSE;
    }
  if (self->seen_order.length == MAX_SEEN)
    g_hash_table_remove (self->seen, g_queue_pop_head (&self->seen_order));
  g_hash_table_add (self->seen, key);
  g_queue_push_tail (&self->seen_order, key);
  return TRUE;
}

static gboolean
has_room (DfnPeerManager *self, const char *from)
{
  GHashTableIter iter;
  gpointer rendezvous;
  guint n_meeting = 0;
  guint n_of_this = 0;

  g_hash_table_iter_init (&iter, self->rendezvous);
  while (g_hash_table_iter_next (&iter, NULL, &rendezvous))
    if (!dfn_rendezvous_is_met (rendezvous))
      {
        n_meeting++;
        if (strcmp (dfn_rendezvous_get_pubkey (rendezvous), from) == 0)
          n_of_this++;
      }
  return n_of_this < MAX_MEETING_ONE && n_meeting < DFN_PEER_MANAGER_MAX_MEETING
         && g_hash_table_size (self->rendezvous) - n_meeting < DFN_PEER_MANAGER_MAX_PEERS;
}

/* Our own offer to a peer that is going to be answered instead. */
static void
yield (DfnPeerManager *self, const char *to)
{
  GHashTableIter iter;
  gpointer rendezvous;

  g_hash_table_iter_init (&iter, self->rendezvous);
  while (g_hash_table_iter_next (&iter, NULL, &rendezvous))
    if (!dfn_rendezvous_is_met (rendezvous) && dfn_rendezvous_is_offerer (rendezvous)
        && strcmp (dfn_rendezvous_get_pubkey (rendezvous), to) == 0)
      {
        forget (self, rendezvous);
        return;
      }
}

static DfnPeerVerdict
judge (DfnPeerManager *self, const char *from, const Dfn__Offer *offer)
{
  if (!has_room (self, from))
    return DFN_PEER_REFUSE;
  if (self->handler != NULL)
    return self->handler->judge (from, offer, self->handler_data);
  return self->accepting ? DFN_PEER_ACCEPT : DFN_PEER_IGNORE;
}

static void
take_offer (DfnPeerManager *self, const char *from, const Dfn__Signal *signal)
{
  if ((self->handler == NULL && !self->accepting) || !remember (self, signal))
    return;
  switch (judge (self, from, signal->offer))
    {
    case DFN_PEER_IGNORE:
      return;
    case DFN_PEER_REFUSE:
      refuse (self, from, signal);
      return;
    case DFN_PEER_YIELD:
      yield (self, from);
      break;
    case DFN_PEER_ACCEPT:
      break;
    }
  add (self,
       dfn_rendezvous_new_answer (self->config, self->identity, from, signal->session.data,
                                  signal->offer->content.data),
       signal->offer);
}

void
dfn_peer_manager_take_signal (DfnPeerManager *self, const char *from, const Dfn__Signal *signal)
{
  g_autoptr (GBytes) key = session_key (signal->session.data);
  DfnRendezvous *rendezvous = g_hash_table_lookup (self->rendezvous, key);

  /* An offer with the name of a session that goes on must not take its place. */
  if (signal->body_case == DFN__SIGNAL__BODY_OFFER && rendezvous == NULL)
    take_offer (self, from, signal);
  else if (rendezvous != NULL && strcmp (dfn_rendezvous_get_pubkey (rendezvous), from) == 0)
    {
      g_autoptr (DfnRendezvous) alive = g_object_ref (rendezvous);

      if (signal->body_case == DFN__SIGNAL__BODY_REFUSAL && dfn_rendezvous_is_offerer (rendezvous)
          && !dfn_rendezvous_is_met (rendezvous))
        g_signal_emit (self, signals[SIGNAL_REFERRED], 0, from, signal->refusal);
      dfn_rendezvous_take_signal (rendezvous, signal);
    }
}

/* Life */

static void
dfn_peer_manager_dispose (GObject *object)
{
  dfn_peer_manager_close (DFN_PEER_MANAGER (object));
  dfn_source_clear (&DFN_PEER_MANAGER (object)->moving);
  dfn_source_clear (&DFN_PEER_MANAGER (object)->watch);
  G_OBJECT_CLASS (dfn_peer_manager_parent_class)->dispose (object);
}

static void
dfn_peer_manager_finalize (GObject *object)
{
  DfnPeerManager *self = DFN_PEER_MANAGER (object);

  g_clear_object (&self->config);
  g_clear_object (&self->identity);
  g_hash_table_unref (self->rendezvous);
  g_queue_clear (&self->seen_order);
  g_hash_table_unref (self->seen);
  G_OBJECT_CLASS (dfn_peer_manager_parent_class)->finalize (object);
}

static void
dfn_peer_manager_class_init (DfnPeerManagerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_peer_manager_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_peer_manager_finalize;

  /**
   * DfnPeerManager::send-signal:
   * @to: the Nostr key of the peer
   * @text: what to tell it, as dfn_wire_pack_signal() makes it
   * @urgency: a #DfnSignalUrgency
   */
  signals[SIGNAL_SEND_SIGNAL] =
      g_signal_new ("send-signal", DFN_TYPE_PEER_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_UINT);
  /**
   * DfnPeerManager::answered:
   * @pubkey: who has answered our offer
   */
  signals[SIGNAL_ANSWERED] = g_signal_new ("answered", DFN_TYPE_PEER_MANAGER, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  /**
   * DfnPeerManager::referred:
   * @pubkey: who has no room
   * @refusal: (type gpointer): the #Dfn__Refusal, which names others
   */
  signals[SIGNAL_REFERRED] =
      g_signal_new ("referred", DFN_TYPE_PEER_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_POINTER);
  /**
   * DfnPeerManager::newcomer:
   * @peer: a #DfnPeer that has come to us, and had no other links when it set out, as it said
   * @content: (type gpointer): the %DFN_WIRE_CONTENT_SIZE bytes of its offer's content
   *
   * It will be added when it has proved its key, and may be given what anybody may have before.
   */
  signals[SIGNAL_NEWCOMER] =
      g_signal_new ("newcomer", DFN_TYPE_PEER_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, DFN_TYPE_PEER, G_TYPE_POINTER);
  /**
   * DfnPeerManager::peer-added:
   * @peer: a #DfnPeer to whom requests may be sent
   * @pubkey: the Nostr key of its signals
   * @content: (type gpointer): the %DFN_WIRE_CONTENT_SIZE bytes of the offer's content
   */
  signals[SIGNAL_PEER_ADDED] =
      g_signal_new ("peer-added", DFN_TYPE_PEER_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 3, DFN_TYPE_PEER, G_TYPE_STRING, G_TYPE_POINTER);
  /**
   * DfnPeerManager::peer-removed:
   * @peer: a #DfnPeer that has gone
   * @error: why
   */
  signals[SIGNAL_PEER_REMOVED] =
      g_signal_new ("peer-removed", DFN_TYPE_PEER_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, DFN_TYPE_PEER, G_TYPE_ERROR);
  /**
   * DfnPeerManager::connect-failed:
   * @pubkey: whom it was tried to meet, or who tried
   * @error: why it failed
   */
  signals[SIGNAL_CONNECT_FAILED] =
      g_signal_new ("connect-failed", DFN_TYPE_PEER_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_ERROR);
}

static void
dfn_peer_manager_init (DfnPeerManager *self)
{
  self->identity = dfn_quic_identity_new ();
  self->rendezvous = g_hash_table_new_full (g_bytes_hash, g_bytes_equal,
                                            (GDestroyNotify) g_bytes_unref, g_object_unref);
  self->seen =
      g_hash_table_new_full (g_bytes_hash, g_bytes_equal, (GDestroyNotify) g_bytes_unref, NULL);
  g_queue_init (&self->seen_order);
  self->watch = dfn_address_watch_source_new ();
  g_source_set_callback (self->watch, on_address_changed, self, NULL);
  g_source_attach (self->watch, g_main_context_get_thread_default ());
}

DfnPeerManager *
dfn_peer_manager_new (DfnIceConfig *config)
{
  DfnPeerManager *self = g_object_new (DFN_TYPE_PEER_MANAGER, NULL);

  self->config = g_object_ref (config);
  return self;
}

void
dfn_peer_manager_set_accepting (DfnPeerManager *self, gboolean accepting)
{
  self->accepting = accepting;
}

void
dfn_peer_manager_set_handler (DfnPeerManager *self,
                              const DfnPeerManagerHandler *handler,
                              gpointer user_data)
{
  self->handler = handler;
  self->handler_data = user_data;
}

void
dfn_peer_manager_connect (DfnPeerManager *self,
                          const char *pubkey,
                          const guint8 content[DFN_WIRE_CONTENT_SIZE])
{
  DfnRendezvous *rendezvous =
      dfn_rendezvous_new_offer (self->config, self->identity, pubkey, content);

  if (self->handler != NULL)
    dfn_rendezvous_set_n_links (rendezvous, self->handler->count_links (self->handler_data));
  add (self, rendezvous, NULL);
}

void
dfn_peer_manager_close (DfnPeerManager *self)
{
  GHashTableIter iter;
  gpointer rendezvous;

  self->accepting = FALSE;
  self->handler = NULL;
  for (g_hash_table_iter_init (&iter, self->rendezvous);
       g_hash_table_iter_next (&iter, NULL, &rendezvous);
       g_hash_table_iter_init (&iter, self->rendezvous))
    forget (self, rendezvous);
}

static DfnRendezvous *
find (DfnPeerManager *self, DfnPeer *peer)
{
  GHashTableIter iter;
  gpointer rendezvous;

  g_hash_table_iter_init (&iter, self->rendezvous);
  while (g_hash_table_iter_next (&iter, NULL, &rendezvous))
    if (dfn_rendezvous_get_peer (rendezvous) == peer)
      return rendezvous;
  return NULL;
}

void
dfn_peer_manager_drop (DfnPeerManager *self, DfnPeer *peer, Dfn__CloseReason reason, GError *error)
{
  if (find (self, peer) == NULL)
    g_clear_error (&error);
  else
    dfn_peer_close (peer, reason, error);
}

guint
dfn_peer_manager_get_n_peers (DfnPeerManager *self)
{
  GHashTableIter iter;
  gpointer rendezvous;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->rendezvous);
  while (g_hash_table_iter_next (&iter, NULL, &rendezvous))
    n += dfn_rendezvous_is_met (rendezvous) ? 1 : 0;
  return n;
}

void
dfn_peer_manager_restart (DfnPeerManager *self, DfnPeer *peer)
{
  DfnRendezvous *rendezvous = find (self, peer);

  if (rendezvous != NULL)
    dfn_rendezvous_restart (rendezvous);
}

gboolean
dfn_peer_manager_is_moving (DfnPeerManager *self, DfnPeer *peer)
{
  DfnRendezvous *rendezvous = find (self, peer);

  return rendezvous != NULL && dfn_rendezvous_is_moving (rendezvous);
}

gboolean
dfn_peer_manager_is_offerer (DfnPeerManager *self, DfnPeer *peer)
{
  DfnRendezvous *rendezvous = find (self, peer);

  return rendezvous != NULL && dfn_rendezvous_is_offerer (rendezvous);
}

DfnIceLink *
dfn_peer_manager_find_link (DfnPeerManager *self, DfnPeer *peer)
{
  DfnRendezvous *rendezvous = find (self, peer);

  return rendezvous != NULL ? dfn_rendezvous_get_link (rendezvous) : NULL;
}
