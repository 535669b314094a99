/* SPDX-License-Identifier: MIT */
#include "dfn-swarm-members-private.h"

#include "dfn-bytes.h"
#include "dfn-random.h"
#include "dfn-source.h"

#include <string.h>

/* A link over which nothing went for so long is none to speak of. */
#define USELESS_US (60 * G_USEC_PER_SEC)
/* A record is made anew when so little is left of it. */
#define RENEW_RECORD_S (DFN_MEMBER_RECORD_SECONDS / 2)

G_DEFINE_FINAL_TYPE (DfnSwarmMembers, dfn_swarm_members, G_TYPE_OBJECT)

enum {
  SIGNAL_NEWCOMER,
  SIGNAL_PEER_ADDED,
  SIGNAL_PEER_REMOVED,
  SIGNAL_ANNOUNCEMENT,
  SIGNAL_PROBLEM,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static gint64
now_s (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static void
schedule (DfnSwarmMembers *self)
{
  if (self->timer != NULL)
    g_source_set_ready_time (self->timer, 0);
}

/* Members */

static void
member_free (gpointer data)
{
  DfnSwarmMember *member = data;

  g_object_unref (member->peer);
  g_free (member->pubkey);
  g_free (member);
}

DfnSwarmMember *
dfn_swarm_members_find (DfnSwarmMembers *self, const guint8 *key)
{
  for (guint i = 0; i < self->members->len; i++)
    {
      DfnSwarmMember *member = self->members->pdata[i];

      if (memcmp (member->key, key, DFN_MEMBER_KEY_SIZE) == 0)
        return member;
    }
  return NULL;
}

static DfnSwarmMember *
find_peer (DfnSwarmMembers *self, DfnPeer *peer)
{
  for (guint i = 0; i < self->members->len; i++)
    {
      DfnSwarmMember *member = self->members->pdata[i];

      if (member->peer == peer)
        return member;
    }
  return NULL;
}

/* The key as bytes; a pubkey that signed or encrypted something always has the form. */
static const guint8 *
to_key (const char *pubkey, guint8 key[DFN_MEMBER_KEY_SIZE])
{
  if (!dfn_hex_decode (pubkey, key, DFN_MEMBER_KEY_SIZE))
    memset (key, 0, DFN_MEMBER_KEY_SIZE);
  return key;
}

const DfnMemberRecord *
dfn_swarm_members_get_record (DfnSwarmMembers *self)
{
  gint64 now = now_s ();

  if (self->record.expires_s < now + RENEW_RECORD_S)
    dfn_member_record_sign (dfn_signaling_get_key (self->signaling), self->content,
                            now + DFN_MEMBER_RECORD_SECONDS, &self->record);
  return &self->record;
}

/* Decisions */

/* What was given and taken since the last time. A chunk that does not prove ends the link, so all
 * others did. */
static void
note_service (DfnSwarmMember *member, gint64 now_us)
{
  DfnPeerStats stats;

  dfn_peer_get_stats (member->peer, &stats);
  if (stats.chunk_bytes_received > member->received)
    dfn_peer_score_gave (&member->score, now_us, stats.chunk_bytes_received - member->received);
  if (stats.chunk_bytes_sent > member->sent)
    dfn_peer_score_took (&member->score, now_us, stats.chunk_bytes_sent - member->sent);
  member->received = stats.chunk_bytes_received;
  member->sent = stats.chunk_bytes_sent;
}

static void
rate_members (DfnSwarmMembers *self, gint64 now_us)
{
  for (guint i = 0; i < self->members->len; i++)
    {
      DfnSwarmMember *member = self->members->pdata[i];

      note_service (member, now_us);
      dfn_membership_rate (self->membership, member->key,
                           dfn_peer_score_get (&member->score, now_us),
                           dfn_peer_score_get_standing (&member->score, now_us),
                           dfn_peer_score_get_idle_us (&member->score, now_us));
    }
}

static void
on_join (const char *pubkey, guint attempt, gpointer user_data)
{
  DfnSwarmMembers *self = user_data;
  guint8 key[DFN_MEMBER_KEY_SIZE];

  dfn_membership_take_join (self->membership, to_key (pubkey, key), attempt,
                            g_get_monotonic_time ());
  schedule (self);
}

static void
drop (DfnSwarmMembers *self, const guint8 *key)
{
  DfnSwarmMember *member = dfn_swarm_members_find (self, key);

  dfn_membership_link_down (self->membership, key, DFN_MEMBERSHIP_DROPPED, g_get_monotonic_time ());
  if (member != NULL)
    dfn_peer_manager_drop (self->manager, member->peer, DFN__CLOSE_REASON__FULL,
                           g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_CLOSED,
                                                "The peer gave way to another"));
}

static void
act (DfnSwarmMembers *self, const DfnMembershipAction *action)
{
  g_autofree char *pubkey = NULL;

  switch (action->what)
    {
    case DFN_MEMBERSHIP_CONNECT:
      pubkey = dfn_hex_encode (action->key, sizeof action->key);
      dfn_peer_manager_connect (self->manager, pubkey, self->content);
      break;
    case DFN_MEMBERSHIP_DROP:
      drop (self, action->key);
      break;
    case DFN_MEMBERSHIP_JOIN:
      dfn_signaling_ask_to_join (self->signaling, self->content, action->attempt);
      break;
    case DFN_MEMBERSHIP_EXCHANGE:
      for (guint i = 0; i < self->members->len; i++)
        dfn_swarm_members_send_peers (self, self->members->pdata[i]);
      break;
    case DFN_MEMBERSHIP_LISTEN:
      dfn_signaling_listen_for_joins (self->signaling, self->content, on_join, self);
      break;
    case DFN_MEMBERSHIP_DEAFEN:
      dfn_signaling_listen_for_joins (self->signaling, self->content, NULL, NULL);
      break;
    }
}

void
dfn_swarm_members_run (DfnSwarmMembers *self)
{
  gint64 now_us = g_get_monotonic_time ();
  DfnMembershipAction action;
  gint64 wakeup_us;

  if (!self->is_started)
    return;
  rate_members (self, now_us);
  while (self->is_started && dfn_membership_next (self->membership, now_us, now_s (), &action))
    act (self, &action);
  wakeup_us = dfn_swarm_members_fall_back (self, now_us);
  if (self->is_started)
    g_source_set_ready_time (self->timer,
                             MIN (wakeup_us, dfn_membership_get_wakeup (self->membership, now_us)));
}

static gboolean
on_timer (gpointer user_data)
{
  g_autoptr (DfnSwarmMembers) self = g_object_ref (user_data);

  dfn_swarm_members_run (self);
  return G_SOURCE_CONTINUE;
}

/* What the manager asks */

/* The block of the first public address that an offer names. */
static guint64
get_block (const Dfn__Transport *transport)
{
  g_autoptr (GPtrArray) candidates =
      dfn_wire_to_candidates (transport->candidates, transport->n_candidates);

  for (guint i = 0; i < candidates->len; i++)
    {
      const DfnCandidate *candidate = candidates->pdata[i];
      guint64 block = dfn_address_block_of (candidate->address);

      if (block != DFN_ADDRESS_BLOCK_EXEMPT)
        return block;
    }
  return DFN_ADDRESS_BLOCK_EXEMPT;
}

static DfnPeerVerdict
on_judge (const char *from, const Dfn__Offer *offer, gpointer user_data)
{
  DfnSwarmMembers *self = user_data;
  guint8 key[DFN_MEMBER_KEY_SIZE];

  if (!self->is_started || memcmp (offer->content.data, self->content, sizeof self->content) != 0)
    return DFN_PEER_IGNORE;
  rate_members (self, g_get_monotonic_time ());
  switch (dfn_membership_judge_offer (self->membership, to_key (from, key),
                                      get_block (offer->transport), offer->links,
                                      g_get_monotonic_time ()))
    {
    case DFN_MEMBERSHIP_ACCEPT:
      return DFN_PEER_ACCEPT;
    case DFN_MEMBERSHIP_YIELD:
      return DFN_PEER_YIELD;
    case DFN_MEMBERSHIP_IGNORE:
      return DFN_PEER_IGNORE;
    case DFN_MEMBERSHIP_FULL:
      return DFN_PEER_REFUSE;
    }
  g_assert_not_reached ();
}

static guint
on_refer (const char *from, const Dfn__Offer *offer, DfnMemberRecord *out, gpointer user_data)
{
  DfnSwarmMembers *self = user_data;
  guint8 key[DFN_MEMBER_KEY_SIZE];
  guint n_neighbours;

  if (memcmp (offer->content.data, self->content, sizeof self->content) != 0)
    return 0;
  return dfn_membership_list (self->membership, to_key (from, key), now_s (), out,
                              DFN_SWARM_MEMBERS_TOLD, &n_neighbours);
}

/* Those of which something comes or goes: with all others a member may as well have none. */
static guint
on_count_links (gpointer user_data)
{
  DfnSwarmMembers *self = user_data;
  gint64 now_us = g_get_monotonic_time ();
  guint n = 0;

  for (guint i = 0; i < self->members->len; i++)
    n += dfn_peer_score_get_idle_us (&((DfnSwarmMember *) self->members->pdata[i])->score, now_us)
                 < USELESS_US
             ? 1
             : 0;
  return n;
}

static const DfnPeerManagerHandler handler = { on_judge, on_refer, on_count_links };

/* What the manager tells */

static void
on_answered (DfnPeerManager *manager, const char *pubkey, DfnSwarmMembers *self)
{
  guint8 key[DFN_MEMBER_KEY_SIZE];

  dfn_membership_link_answered (self->membership, to_key (pubkey, key));
}

static void
on_referred (DfnPeerManager *manager,
             const char *pubkey,
             const Dfn__Refusal *refusal,
             DfnSwarmMembers *self)
{
  guint8 key[DFN_MEMBER_KEY_SIZE];

  /* Whom it names are its neighbours or were told to it; either way nothing can go through it. */
  dfn_swarm_members_learn (self, to_key (pubkey, key), refusal->members, refusal->n_members, 0);
}

static void
on_connect_failed (DfnPeerManager *manager,
                   const char *pubkey,
                   const GError *error,
                   DfnSwarmMembers *self)
{
  g_autoptr (DfnSwarmMembers) alive = g_object_ref (self);
  gboolean is_refused = g_error_matches (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_REFUSED);
  guint8 key[DFN_MEMBER_KEY_SIZE];

  if (dfn_swarm_members_find (self, to_key (pubkey, key)) != NULL)
    return; /* another try was better */
  dfn_membership_link_down (self->membership, key,
                            is_refused ? DFN_MEMBERSHIP_REFUSED : DFN_MEMBERSHIP_UNREACHED,
                            g_get_monotonic_time ());
  if (self->members->len == 0)
    g_signal_emit (self, signals[SIGNAL_PROBLEM], 0, error);
  schedule (self);
}

/* Where it is; of use only for addresses that are not everybody's. */
static guint64
note_address (DfnSwarmMembers *self, DfnSwarmMember *member)
{
  DfnIceLink *link = dfn_peer_manager_find_link (self->manager, member->peer);
  g_autoptr (GInetAddress) address = link != NULL ? dfn_ice_link_get_remote_address (link) : NULL;

  if (address == NULL)
    return DFN_ADDRESS_BLOCK_EXEMPT;
  if (dfn_scope_of_address (address) != DFN_SCOPE_HOST)
    {
      dfn_address_holder_of (address, member->holder);
      member->has_holder = TRUE;
    }
  return dfn_address_block_of (address);
}

static void
forget_member (DfnSwarmMembers *self, DfnSwarmMember *member)
{
  gint64 now_us = g_get_monotonic_time ();

  g_signal_handlers_disconnect_by_data (member->peer, self);
  if (member->has_holder)
    dfn_peer_memory_note (self->memory, member->holder, dfn_peer_score_get (&member->score, now_us),
                          now_s ());
  g_ptr_array_remove (self->members, member);
}

static DfnSwarmMember *
add_member (DfnSwarmMembers *self, DfnPeer *peer, const char *pubkey)
{
  DfnSwarmMember *member = g_new0 (DfnSwarmMember, 1);
  gint64 now_us = g_get_monotonic_time ();

  member->peer = g_object_ref (peer);
  member->pubkey = g_strdup (pubkey);
  to_key (pubkey, member->key);
  dfn_token_bucket_init (&member->announcements, 1.0 / 10, 4, now_us);
  dfn_token_bucket_init (&member->forwards, 5, 30, now_us);
  g_ptr_array_add (self->members, member);
  return member;
}

/* Whom the user wants to watch, and nobody else, gets another chance each time. */
static gboolean
is_banned (DfnSwarmMembers *self, const DfnSwarmMember *member)
{
  return member->has_holder && memcmp (member->key, self->contact, sizeof self->contact) != 0
         && dfn_peer_memory_is_banned (self->memory, member->holder, now_s ());
}

static void
refuse_member (DfnSwarmMembers *self, DfnSwarmMember *member, const char *why)
{
  g_autoptr (DfnPeer) peer = g_object_ref (member->peer);

  dfn_membership_link_down (self->membership, member->key, DFN_MEMBERSHIP_DROPPED,
                            g_get_monotonic_time ());
  g_ptr_array_remove (self->members, member);
  dfn_peer_manager_drop (self->manager, peer, DFN__CLOSE_REASON__FULL,
                         g_error_new_literal (DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_REFUSED, why));
}

static void
on_newcomer (DfnPeerManager *manager, DfnPeer *peer, const guint8 *content, DfnSwarmMembers *self)
{
  if (memcmp (content, self->content, sizeof self->content) == 0)
    g_signal_emit (self, signals[SIGNAL_NEWCOMER], 0, peer);
}

static void
on_peer_added (DfnPeerManager *manager,
               DfnPeer *peer,
               const char *pubkey,
               const guint8 *content,
               DfnSwarmMembers *self)
{
  g_autoptr (DfnSwarmMembers) alive = g_object_ref (self);
  gint64 now_us = g_get_monotonic_time ();
  DfnSwarmMember *member;
  guint64 block;

  if (memcmp (content, self->content, sizeof self->content) != 0)
    return;
  member = add_member (self, peer, pubkey);
  block = note_address (self, member);
  if (is_banned (self, member))
    {
      refuse_member (self, member, "The peer's address is banned for a while");
      return;
    }
  dfn_peer_score_init (
      &member->score, now_us,
      member->has_holder ? dfn_peer_memory_get_score (self->memory, member->holder, now_s ()) : 0);
  if (!dfn_membership_link_up (self->membership, member->key, block, now_us))
    {
      refuse_member (self, member, "There are enough peers with addresses like this one's");
      return;
    }
  dfn_swarm_members_listen_to (self, member);
  if (dfn_peer_manager_is_offerer (manager, peer))
    dfn_swarm_members_send_join (self, member);
  g_signal_emit (self, signals[SIGNAL_PEER_ADDED], 0, peer);
  schedule (self);
}

static void
on_peer_removed (DfnPeerManager *manager, DfnPeer *peer, const GError *error, DfnSwarmMembers *self)
{
  g_autoptr (DfnSwarmMembers) alive = g_object_ref (self);
  DfnSwarmMember *member = find_peer (self, peer);
  guint8 key[DFN_MEMBER_KEY_SIZE];

  if (member == NULL)
    return;
  memcpy (key, member->key, sizeof key);
  forget_member (self, member);
  /* It may have come back over another connection before this one was given up. */
  if (dfn_swarm_members_find (self, key) == NULL)
    dfn_membership_link_down (self->membership, key, DFN_MEMBERSHIP_LEFT, g_get_monotonic_time ());
  g_signal_emit (self, signals[SIGNAL_PEER_REMOVED], 0, peer, error);
  schedule (self);
}

/* Life */

static void
dfn_swarm_members_dispose (GObject *object)
{
  DfnSwarmMembers *self = DFN_SWARM_MEMBERS (object);

  self->is_started = FALSE;
  if (self->signaling != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->signaling, self);
      dfn_signaling_set_router (self->signaling, NULL, NULL);
      dfn_signaling_listen_for_joins (self->signaling, self->content, NULL, NULL);
    }
  if (self->manager != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->manager, self);
      dfn_peer_manager_set_handler (self->manager, NULL, NULL);
    }
  while (self->members->len > 0)
    forget_member (self, self->members->pdata[0]);
  if (self->memory != NULL)
    dfn_peer_memory_save (self->memory, now_s (), NULL);
  dfn_source_clear (&self->timer);
  g_clear_pointer (&self->memory, dfn_peer_memory_unref);
  g_clear_object (&self->manager);
  g_clear_object (&self->signaling);
  G_OBJECT_CLASS (dfn_swarm_members_parent_class)->dispose (object);
}

static void
dfn_swarm_members_finalize (GObject *object)
{
  DfnSwarmMembers *self = DFN_SWARM_MEMBERS (object);

  g_ptr_array_unref (self->members);
  g_ptr_array_unref (self->fallbacks);
  g_ptr_array_unref (self->ways);
  g_clear_pointer (&self->announcement, dfn_nostr_event_unref);
  dfn_membership_free (self->membership);
  G_OBJECT_CLASS (dfn_swarm_members_parent_class)->finalize (object);
}

static void
dfn_swarm_members_class_init (DfnSwarmMembersClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_swarm_members_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_swarm_members_finalize;

  signals[SIGNAL_NEWCOMER] = g_signal_new ("newcomer", DFN_TYPE_SWARM_MEMBERS, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 1, DFN_TYPE_PEER);
  signals[SIGNAL_PEER_ADDED] =
      g_signal_new ("peer-added", DFN_TYPE_SWARM_MEMBERS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, DFN_TYPE_PEER);
  signals[SIGNAL_PEER_REMOVED] =
      g_signal_new ("peer-removed", DFN_TYPE_SWARM_MEMBERS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 2, DFN_TYPE_PEER, G_TYPE_ERROR);
  signals[SIGNAL_ANNOUNCEMENT] =
      g_signal_new ("announcement", DFN_TYPE_SWARM_MEMBERS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, DFN_TYPE_NOSTR_EVENT);
  signals[SIGNAL_PROBLEM] = g_signal_new ("problem", DFN_TYPE_SWARM_MEMBERS, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
fallback_free (gpointer data)
{
  DfnSwarmFallback *fallback = data;

  g_free (fallback->to);
  g_free (fallback->payload);
  g_free (fallback);
}

static void
way_free (gpointer data)
{
  DfnSwarmWay *way = data;

  g_free (way->pubkey);
  g_free (way);
}

static gboolean
dispatch_timer (GSource *source, GSourceFunc callback, gpointer user_data)
{
  return callback (user_data);
}

static GSourceFuncs timer_funcs = { .dispatch = dispatch_timer };

static void
dfn_swarm_members_init (DfnSwarmMembers *self)
{
  self->members = g_ptr_array_new_with_free_func (member_free);
  self->fallbacks = g_ptr_array_new_with_free_func (fallback_free);
  self->ways = g_ptr_array_new_with_free_func (way_free);
  self->timer = g_source_new (&timer_funcs, sizeof (GSource));
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

/* Nothing to fall back to: it answered. */
static void
on_heard (DfnSignaling *signaling, const char *pubkey, DfnSwarmMembers *self)
{
  for (guint i = self->fallbacks->len; i > 0; i--)
    {
      const DfnSwarmFallback *fallback = self->fallbacks->pdata[i - 1];

      if (strcmp (fallback->to, pubkey) == 0)
        g_ptr_array_remove_index (self->fallbacks, i - 1);
    }
}

DfnSwarmMembers *
dfn_swarm_members_new (DfnSignaling *signaling, const guint8 *content)
{
  DfnSwarmMembers *self = g_object_new (DFN_TYPE_SWARM_MEMBERS, NULL);
  DfnMembershipConfig config = { .max_links = DFN_SWARM_MEMBERS_MAX_LINKS, .seeks = TRUE };

  memcpy (self->content, content, sizeof self->content);
  self->signaling = g_object_ref (signaling);
  self->manager = g_object_ref (dfn_signaling_get_manager (signaling));
  self->memory = dfn_peer_memory_ref (dfn_peer_memory_get_default ());
  to_key (dfn_nostr_key_get_pubkey (dfn_signaling_get_key (signaling)), config.key);
  dfn_random_bytes (&config.seed, sizeof config.seed);
  self->membership = dfn_membership_new (&config, g_get_monotonic_time ());
  g_signal_connect (self->manager, "answered", G_CALLBACK (on_answered), self);
  g_signal_connect (self->manager, "referred", G_CALLBACK (on_referred), self);
  g_signal_connect (self->manager, "connect-failed", G_CALLBACK (on_connect_failed), self);
  g_signal_connect (self->manager, "newcomer", G_CALLBACK (on_newcomer), self);
  g_signal_connect (self->manager, "peer-added", G_CALLBACK (on_peer_added), self);
  g_signal_connect (self->manager, "peer-removed", G_CALLBACK (on_peer_removed), self);
  g_signal_connect (signaling, "heard", G_CALLBACK (on_heard), self);
  dfn_peer_manager_set_handler (self->manager, &handler, self);
  dfn_signaling_set_router (signaling, dfn_swarm_members_route, self);
  return self;
}

/* Use */

void
dfn_swarm_members_add_contact (DfnSwarmMembers *self, const char *pubkey)
{
  guint8 key[DFN_MEMBER_KEY_SIZE];

  memcpy (self->contact, to_key (pubkey, key), sizeof self->contact);
  dfn_membership_set_contact (self->membership, key, g_get_monotonic_time ());
  dfn_swarm_members_run (self);
}

void
dfn_swarm_members_contact_is_back (DfnSwarmMembers *self, const char *pubkey)
{
  guint8 key[DFN_MEMBER_KEY_SIZE];
  gboolean is_known = dfn_membership_has_link (self->membership, to_key (pubkey, key));

  /* Membership would wait for the end of what it believes in. */
  if (is_known && self->is_started)
    dfn_peer_manager_connect (self->manager, pubkey, self->content);
  else
    dfn_swarm_members_add_contact (self, pubkey);
}

void
dfn_swarm_members_set_accepting (DfnSwarmMembers *self, gboolean accepting)
{
  dfn_membership_set_accepts (self->membership, accepting);
  schedule (self);
}

void
dfn_swarm_members_set_max_links (DfnSwarmMembers *self, guint max_links)
{
  g_return_if_fail (max_links > 0 && max_links <= DFN_PEER_MANAGER_MAX_PEERS);

  dfn_membership_set_max_links (self->membership, max_links);
  schedule (self);
}

void
dfn_swarm_members_set_seeking (DfnSwarmMembers *self, gboolean seeking)
{
  dfn_membership_set_seeks (self->membership, seeking);
  schedule (self);
}

void
dfn_swarm_members_set_hurrying (DfnSwarmMembers *self, gboolean hurrying)
{
  dfn_membership_set_hurries (self->membership, hurrying);
  schedule (self);
}

void
dfn_swarm_members_set_announcement (DfnSwarmMembers *self, DfnNostrEvent *event)
{
  gboolean is_same =
      event != NULL && self->announcement != NULL
      && strcmp (dfn_nostr_event_get_id (event), dfn_nostr_event_get_id (self->announcement)) == 0;

  if (is_same)
    return;
  g_clear_pointer (&self->announcement, dfn_nostr_event_unref);
  if (event == NULL)
    return;
  self->announcement = dfn_nostr_event_ref (event);
  for (guint i = 0; i < self->members->len; i++)
    dfn_swarm_members_send_announcement (self, self->members->pdata[i]);
}

void
dfn_swarm_members_start (DfnSwarmMembers *self)
{
  self->is_started = TRUE;
  dfn_swarm_members_run (self);
}

void
dfn_swarm_members_stop (DfnSwarmMembers *self)
{
  self->is_started = FALSE;
  dfn_signaling_listen_for_joins (self->signaling, self->content, NULL, NULL);
}

GPtrArray *
dfn_swarm_members_list_peers (DfnSwarmMembers *self)
{
  GPtrArray *peers = g_ptr_array_new ();

  for (guint i = 0; i < self->members->len; i++)
    g_ptr_array_add (peers, ((DfnSwarmMember *) self->members->pdata[i])->peer);
  return peers;
}

guint
dfn_swarm_members_get_n_peers (DfnSwarmMembers *self)
{
  return self->members->len;
}

DfnPeerScore *
dfn_swarm_members_get_score (DfnSwarmMembers *self, DfnPeer *peer)
{
  DfnSwarmMember *member = find_peer (self, peer);

  return member != NULL ? &member->score : NULL;
}

const char *
dfn_swarm_members_get_pubkey (DfnSwarmMembers *self, DfnPeer *peer)
{
  DfnSwarmMember *member = find_peer (self, peer);

  return member != NULL ? member->pubkey : NULL;
}

void
dfn_swarm_members_misbehaved (DfnSwarmMembers *self, DfnPeer *peer)
{
  DfnSwarmMember *member = find_peer (self, peer);

  if (member == NULL)
    return;
  dfn_peer_score_fault (&member->score, g_get_monotonic_time (), DFN_PEER_FAULT_INVALID_CHUNK);
  if (member->has_holder)
    dfn_peer_memory_ban (self->memory, member->holder, now_s ());
  dfn_peer_memory_save (self->memory, now_s (), NULL);
  dfn_membership_link_down (self->membership, member->key, DFN_MEMBERSHIP_DROPPED,
                            g_get_monotonic_time ());
  dfn_peer_manager_drop (self->manager, peer, DFN__CLOSE_REASON__MISBEHAVED, NULL);
}

void
dfn_swarm_members_get_stats (DfnSwarmMembers *self, DfnSwarmMembersStats *stats)
{
  DfnMembershipStats membership;

  dfn_membership_get_stats (self->membership, &membership);
  *stats = self->stats;
  stats->n_links = self->members->len;
  stats->n_outbound = membership.n_outbound;
  stats->n_known = membership.n_known;
  stats->relay_signals_sent = dfn_signaling_get_n_published (self->signaling);
}
