/* SPDX-License-Identifier: MIT */
#include "dfn-ice-link.h"

#include "dfn-bytes.h"
#include "dfn-local-addresses.h"
#include "dfn-source.h"
#include "dfn-udp-send.h"

#include <nice/agent.h>
#include <nice/interfaces.h>
#include <string.h>

#define COMPONENT 1
/* What fits everywhere that IPv6 does, less what TURN adds. */
#define RELAYED_PAYLOAD 1200
/* An Ethernet frame less IPv6 and UDP headers. */
#define DIRECT_PAYLOAD 1452
/* Between two connectivity checks; libnice's 20 ms cost that much on both sides before the first
 * byte. RFC 8445 section 14.2 allows no less than 5. */
#define CHECK_INTERVAL_MS 5
/* How long a full TURN socket is left alone: libnice does not say when it has room again. */
#define RETRY_MS 2

struct _DfnIceLink {
  DfnLink parent_instance;

  DfnIceConfig *config;
  NiceAgent *agent;
  GMainContext *context;
  guint stream;
  char *ufrag;
  char *password;
  guint n_remote;

  /* The chosen path. */
  GSocket *socket; /* NULL if it has to go through libnice, as to a TURN server */
  GSocketAddress *to;
  gboolean relayed;
  GSource *retry;    /* set while the link is blocked */
  gsize partly_sent; /* of the batch that blocked */
};

G_DEFINE_FINAL_TYPE (DfnIceLink, dfn_ice_link, DFN_TYPE_LINK)

enum { SIGNAL_CANDIDATE, SIGNAL_GATHERED, N_SIGNALS };

static guint signals[N_SIGNALS];

/* Sending */

static gboolean
on_may_retry (gpointer user_data)
{
  DfnIceLink *self = user_data;

  g_source_destroy (self->retry);
  g_clear_pointer (&self->retry, g_source_unref);
  dfn_link_ready (DFN_LINK (self));
  return G_SOURCE_REMOVE;
}

static gboolean
on_socket_writable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  return on_may_retry (user_data);
}

static void
wait_for_room (DfnIceLink *self)
{
  if (self->retry != NULL)
    return;
  if (self->socket != NULL)
    {
      self->retry = g_socket_create_source (self->socket, G_IO_OUT, NULL);
      g_source_set_callback (self->retry, G_SOURCE_FUNC (on_socket_writable), self, NULL);
    }
  else
    {
      self->retry = g_timeout_source_new (RETRY_MS);
      g_source_set_callback (self->retry, on_may_retry, self, NULL);
    }
  g_source_attach (self->retry, self->context);
}

static DfnLinkResult
send_through_agent (DfnIceLink *self, const guint8 *data, gsize length, gsize segment)
{
  while (self->partly_sent < length)
    {
      gsize size = MIN (segment, length - self->partly_sent);
      GOutputVector vector = { data + self->partly_sent, size };
      NiceOutputMessage message = { &vector, 1 };
      g_autoptr (GError) error = NULL;
      gint n = nice_agent_send_messages_nonblocking (self->agent, self->stream, COMPONENT, &message,
                                                     1, NULL, &error);

      if (n != 1)
        return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK) ? DFN_LINK_BLOCKED
                                                                           : DFN_LINK_BROKEN;
      self->partly_sent += size;
    }
  return DFN_LINK_SENT;
}

static DfnLinkResult
send_directly (DfnIceLink *self, const guint8 *data, gsize length, gsize segment)
{
  switch (dfn_udp_send (self->socket, self->to, data, length, segment, &self->partly_sent))
    {
    case DFN_UDP_SENT:
      return DFN_LINK_SENT;
    case DFN_UDP_BLOCKED:
      return DFN_LINK_BLOCKED;
    case DFN_UDP_BROKEN:
      return DFN_LINK_BROKEN;
    }
  g_assert_not_reached ();
}

static DfnLinkResult
dfn_ice_link_send (DfnLink *link, const guint8 *data, gsize length, gsize segment)
{
  DfnIceLink *self = DFN_ICE_LINK (link);
  DfnLinkResult result;

  if (dfn_link_get_state (link) != DFN_LINK_STATE_CONNECTED)
    return DFN_LINK_BROKEN;
  if (self->socket != NULL)
    result = send_directly (self, data, length, segment);
  else
    result = send_through_agent (self, data, length, segment);
  if (result == DFN_LINK_BLOCKED)
    wait_for_room (self);
  else
    self->partly_sent = 0;
  return result;
}

static gsize
dfn_ice_link_get_max_payload (DfnLink *link)
{
  return DFN_ICE_LINK (link)->relayed ? RELAYED_PAYLOAD : DIRECT_PAYLOAD;
}

/* What libnice tells */

static GSocketAddress *
to_socket_address (const NiceAddress *address)
{
  union {
    struct sockaddr_storage storage;
    struct sockaddr address;
  } native;

  nice_address_copy_to_sockaddr (address, &native.address);
  return g_socket_address_new_from_native (&native, sizeof native);
}

static DfnCandidateType
from_nice_type (NiceCandidateType type)
{
  switch (type)
    {
    case NICE_CANDIDATE_TYPE_HOST:
      return DFN_CANDIDATE_HOST;
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return DFN_CANDIDATE_SERVER_REFLEXIVE;
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return DFN_CANDIDATE_PEER_REFLEXIVE;
    case NICE_CANDIDATE_TYPE_RELAYED:
      return DFN_CANDIDATE_RELAYED;
    }
  g_assert_not_reached ();
}

static NiceCandidateType
to_nice_type (DfnCandidateType type)
{
  switch (type)
    {
    case DFN_CANDIDATE_HOST:
      return NICE_CANDIDATE_TYPE_HOST;
    case DFN_CANDIDATE_SERVER_REFLEXIVE:
      return NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE;
    case DFN_CANDIDATE_PEER_REFLEXIVE:
      return NICE_CANDIDATE_TYPE_PEER_REFLEXIVE;
    case DFN_CANDIDATE_RELAYED:
      return NICE_CANDIDATE_TYPE_RELAYED;
    }
  g_assert_not_reached ();
}

static void
on_new_candidate (NiceAgent *agent, NiceCandidate *candidate, DfnIceLink *self)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (DfnCandidate) own = NULL;

  if (candidate->transport != NICE_CANDIDATE_TRANSPORT_UDP)
    return;
  address = to_socket_address (&candidate->addr);
  own = dfn_candidate_new (from_nice_type (candidate->type),
                           g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)),
                           g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)),
                           candidate->priority, candidate->foundation);
  if (dfn_candidate_may_travel (own, dfn_ice_config_get_scope (self->config)))
    g_signal_emit (self, signals[SIGNAL_CANDIDATE], 0, own);
}

static void
on_gathering_done (NiceAgent *agent, guint stream, DfnIceLink *self)
{
  g_signal_emit (self, signals[SIGNAL_GATHERED], 0);
}

static void
on_received (
    NiceAgent *agent, guint stream, guint component, guint length, char *data, gpointer user_data)
{
  GSource *source = g_main_current_source ();

  /* Otherwise GLib takes the socket out of the poll around each dispatch, with two wake-ups. Nobody
   * runs the loop from in here. */
  if (source != NULL && !g_source_get_can_recurse (source))
    g_source_set_can_recurse (source, TRUE);
  dfn_link_receive (user_data, (const guint8 *) data, length);
}

/* Whether packets stay in the house: a private address can be reached nowhere else. What a carrier
 * puts in front of its own NAT (RFC 6598) is behind the uplink. */
static gboolean
is_local_pair (DfnIceLink *self, NiceCandidate *remote)
{
  g_autoptr (GSocketAddress) to = to_socket_address (&remote->addr);
  GInetAddress *address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (to));

  return !self->relayed && dfn_scope_of_address (address) != DFN_SCOPE_PUBLIC
         && !dfn_address_is_carrier_grade (address);
}

/* Reads how the chosen pair is reached, so that packets can go straight to the socket. */
static void
use_selected_pair (DfnIceLink *self)
{
  NiceCandidate *local, *remote;

  g_clear_object (&self->socket);
  g_clear_object (&self->to);
  if (!nice_agent_get_selected_pair (self->agent, self->stream, COMPONENT, &local, &remote))
    return;
  self->relayed =
      local->type == NICE_CANDIDATE_TYPE_RELAYED || remote->type == NICE_CANDIDATE_TYPE_RELAYED;
  dfn_link_set_local (DFN_LINK (self), is_local_pair (self, remote));
  if (local->type == NICE_CANDIDATE_TYPE_RELAYED)
    return;
  self->socket = nice_agent_get_selected_socket (self->agent, self->stream, COMPONENT);
  if (self->socket != NULL)
    {
      g_object_ref (self->socket);
      self->to = to_socket_address (&remote->addr);
    }
}

static void
on_selected_pair (NiceAgent *agent,
                  guint stream,
                  guint component,
                  NiceCandidate *local,
                  NiceCandidate *remote,
                  DfnIceLink *self)
{
  use_selected_pair (self);
}

static void
on_component_state (NiceAgent *agent, guint stream, guint component, guint state, DfnIceLink *self)
{
  switch ((NiceComponentState) state)
    {
    case NICE_COMPONENT_STATE_CONNECTED:
    case NICE_COMPONENT_STATE_READY:
      use_selected_pair (self);
      dfn_link_set_state (DFN_LINK (self), DFN_LINK_STATE_CONNECTED);
      break;
    case NICE_COMPONENT_STATE_FAILED:
      dfn_link_set_state (DFN_LINK (self), DFN_LINK_STATE_FAILED);
      break;
    case NICE_COMPONENT_STATE_DISCONNECTED:
    case NICE_COMPONENT_STATE_GATHERING:
    case NICE_COMPONENT_STATE_CONNECTING:
    case NICE_COMPONENT_STATE_LAST:
      break;
    }
}

/* Life */

static void
dfn_ice_link_dispose (GObject *object)
{
  DfnIceLink *self = DFN_ICE_LINK (object);

  if (self->agent != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->agent, self);
      nice_agent_attach_recv (self->agent, self->stream, COMPONENT, self->context, NULL, NULL);
      /* Gives the TURN allocation back; the agent lives until that is done. */
      nice_agent_close_async (self->agent, NULL, NULL);
    }
  dfn_source_clear (&self->retry);
  g_clear_object (&self->socket);
  g_clear_object (&self->to);
  g_clear_object (&self->agent);
  G_OBJECT_CLASS (dfn_ice_link_parent_class)->dispose (object);
}

static void
dfn_ice_link_finalize (GObject *object)
{
  DfnIceLink *self = DFN_ICE_LINK (object);

  g_clear_object (&self->config);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_free (self->ufrag);
  g_free (self->password);
  G_OBJECT_CLASS (dfn_ice_link_parent_class)->finalize (object);
}

static void
dfn_ice_link_class_init (DfnIceLinkClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_ice_link_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_ice_link_finalize;
  DFN_LINK_CLASS (klass)->send = dfn_ice_link_send;
  DFN_LINK_CLASS (klass)->get_max_payload = dfn_ice_link_get_max_payload;

  /**
   * DfnIceLink::candidate:
   * @candidate: (type gpointer): a #DfnCandidate of our own that the peer may be told
   */
  signals[SIGNAL_CANDIDATE] = g_signal_new ("candidate", DFN_TYPE_ICE_LINK, G_SIGNAL_RUN_LAST, 0,
                                            NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  /**
   * DfnIceLink::gathered:
   *
   * No more candidates will come.
   */
  signals[SIGNAL_GATHERED] = g_signal_new ("gathered", DFN_TYPE_ICE_LINK, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
dfn_ice_link_init (DfnIceLink *self)
{
  self->context = g_main_context_ref_thread_default ();
}

/* Loopback is no candidate of libnice's unless it is named, and naming one address means naming
 * them all. */
static void
add_local_addresses (NiceAgent *agent)
{
  GList *addresses = nice_interfaces_get_local_ips (TRUE);

  for (GList *l = addresses; l != NULL; l = l->next)
    {
      NiceAddress address;

      nice_address_init (&address);
      if (nice_address_set_from_string (&address, l->data))
        nice_agent_add_local_address (agent, &address);
    }
  g_list_free_full (addresses, g_free);
}

static void
set_servers (DfnIceLink *self)
{
  const DfnIceServer *stun = dfn_ice_config_pick_stun (self->config);
  const DfnIceServer *turn = dfn_ice_config_get_turn (self->config);

  if (stun != NULL)
    g_object_set (self->agent, "stun-server", stun->address, "stun-server-port", (guint) stun->port,
                  NULL);
  if (turn != NULL)
    nice_agent_set_relay_info (self->agent, self->stream, COMPONENT, turn->address, turn->port,
                               turn->user, turn->password, NICE_RELAY_TYPE_TURN_UDP);
}

DfnIceLink *
dfn_ice_link_new (DfnIceConfig *config, gboolean controlling)
{
  DfnIceLink *self = g_object_new (DFN_TYPE_ICE_LINK, NULL);

  self->config = g_object_ref (config);
  self->agent =
      nice_agent_new_full (self->context, NICE_COMPATIBILITY_RFC5245,
                           NICE_AGENT_OPTION_ICE_TRICKLE | NICE_AGENT_OPTION_CONSENT_FRESHNESS);
  g_object_set (self->agent, "controlling-mode", controlling, "ice-tcp", FALSE, "upnp", FALSE,
                "stun-pacing-timer", CHECK_INTERVAL_MS, "force-relay",
                dfn_ice_config_get_force_relay (config), NULL);
  if (dfn_ice_config_get_scope (config) == DFN_SCOPE_HOST)
    add_local_addresses (self->agent);
  self->stream = nice_agent_add_stream (self->agent, 1);
  set_servers (self);
  nice_agent_get_local_credentials (self->agent, self->stream, &self->ufrag, &self->password);
  g_signal_connect (self->agent, "new-candidate-full", G_CALLBACK (on_new_candidate), self);
  g_signal_connect (self->agent, "candidate-gathering-done", G_CALLBACK (on_gathering_done), self);
  g_signal_connect (self->agent, "new-selected-pair-full", G_CALLBACK (on_selected_pair), self);
  g_signal_connect (self->agent, "component-state-changed", G_CALLBACK (on_component_state), self);
  nice_agent_attach_recv (self->agent, self->stream, COMPONENT, self->context, on_received, self);
  return self;
}

gboolean
dfn_ice_link_gather (DfnIceLink *self, GError **error)
{
  g_autoptr (GPtrArray) sockets = NULL;

  if (!nice_agent_gather_candidates (self->agent, self->stream))
    {
      g_set_error_literal (error, DFN_NETWORK_ERROR, DFN_NETWORK_ERROR_UNREACHABLE,
                           "This computer has no network address that a peer could use");
      return FALSE;
    }
  sockets = nice_agent_get_sockets (self->agent, self->stream, COMPONENT);
  for (guint i = 0; i < sockets->len; i++)
    dfn_udp_prepare (sockets->pdata[i]);
  return TRUE;
}

const char *
dfn_ice_link_get_ufrag (DfnIceLink *self)
{
  return self->ufrag;
}

const char *
dfn_ice_link_get_password (DfnIceLink *self)
{
  return self->password;
}

gboolean
dfn_ice_link_set_remote_credentials (DfnIceLink *self, const char *ufrag, const char *password)
{
  return nice_agent_set_remote_credentials (self->agent, self->stream, ufrag, password);
}

static NiceCandidate *
to_nice_candidate (const DfnCandidate *candidate, guint stream)
{
  NiceCandidate *nice = nice_candidate_new (to_nice_type (candidate->type));
  const guint8 *bytes = g_inet_address_to_bytes (candidate->address);

  nice->transport = NICE_CANDIDATE_TRANSPORT_UDP;
  nice->stream_id = stream;
  nice->component_id = COMPONENT;
  nice->priority = candidate->priority;
  g_strlcpy (nice->foundation, candidate->foundation, sizeof nice->foundation);
  if (g_inet_address_get_family (candidate->address) == G_SOCKET_FAMILY_IPV4)
    nice_address_set_ipv4 (&nice->addr, dfn_read_be32 (bytes));
  else
    nice_address_set_ipv6 (&nice->addr, bytes);
  nice_address_set_port (&nice->addr, candidate->port);
  nice->base_addr = nice->addr;
  return nice;
}

guint
dfn_ice_link_add_remote_candidates (DfnIceLink *self, GPtrArray *candidates)
{
  DfnScope scope = dfn_ice_config_get_scope (self->config);
  GSList *list = NULL;
  guint n = 0;

  for (guint i = 0; i < candidates->len && self->n_remote < DFN_CANDIDATE_MAX; i++)
    {
      DfnCandidate *candidate = candidates->pdata[i];

      if (!dfn_candidate_is_acceptable (candidate, scope))
        continue;
      list = g_slist_append (list, to_nice_candidate (candidate, self->stream));
      self->n_remote++;
      n++;
    }
  if (list != NULL)
    nice_agent_set_remote_candidates (self->agent, self->stream, COMPONENT, list);
  g_slist_free_full (list, (GDestroyNotify) nice_candidate_free);
  return n;
}

gboolean
dfn_ice_link_is_relayed (DfnIceLink *self)
{
  return self->relayed;
}

guint
dfn_ice_link_get_family (DfnIceLink *self)
{
  NiceCandidate *sides[2];

  if (!nice_agent_get_selected_pair (self->agent, self->stream, COMPONENT, &sides[0], &sides[1]))
    return 0;
  return nice_address_ip_version (&sides[0]->addr) == 6 ? 6 : 4;
}

GInetAddress *
dfn_ice_link_get_remote_address (DfnIceLink *self)
{
  NiceCandidate *local, *remote;
  g_autoptr (GSocketAddress) address = NULL;

  if (!nice_agent_get_selected_pair (self->agent, self->stream, COMPONENT, &local, &remote))
    return NULL;
  address = to_socket_address (&remote->addr);
  return g_object_ref (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

gboolean
dfn_ice_link_is_stranded (DfnIceLink *self)
{
  g_auto (GStrv) present = dfn_local_addresses_list ();
  NiceCandidate *local, *remote;
  g_autoptr (GSocketAddress) address = NULL;
  g_autofree char *text = NULL;
  GInetAddress *own;

  if (!nice_agent_get_selected_pair (self->agent, self->stream, COMPONENT, &local, &remote))
    return FALSE;
  address = to_socket_address (&local->base_addr);
  own = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
  /* The list has none that is valid on one link only. */
  if (g_inet_address_get_is_link_local (own))
    return FALSE;
  text = g_inet_address_to_string (own);
  return !g_strv_contains ((const char *const *) present, text);
}

char *
dfn_ice_link_describe (DfnIceLink *self)
{
  NiceCandidate *sides[2];
  g_autoptr (GString) text = g_string_new (NULL);

  if (!nice_agent_get_selected_pair (self->agent, self->stream, COMPONENT, &sides[0], &sides[1]))
    return NULL;
  for (guint i = 0; i < 2; i++)
    {
      static const char *const names[] = { "host", "srflx", "prflx", "relay" };
      char address[NICE_ADDRESS_STRING_LEN];

      nice_address_to_string (&sides[i]->addr, address);
      g_string_append_printf (text, "%s%s %s:%u", i == 0 ? "" : " - ",
                              names[from_nice_type (sides[i]->type)], address,
                              nice_address_get_port (&sides[i]->addr));
    }
  return g_string_free (g_steal_pointer (&text), FALSE);
}
