/* SPDX-License-Identifier: MIT */
#include "dfn-finder.h"

#include "dfn-lan-discovery.h"

/* How long relays have to be reached, and those of this network to be found. */
#define FIND_TIMEOUT_MS 10000
/* After every relay has answered: others may still be found on this network. */
#define LOOK_AROUND_MS 3000

struct _DfnFinder {
  GObject parent_instance;

  DfnPresence *presence;
  DfnLanDiscovery *lan;
  DfnSubscription *subscription;
  GSource *deadline;
  gboolean is_found;
};

G_DEFINE_FINAL_TYPE (DfnFinder, dfn_finder, G_TYPE_OBJECT)

enum { SIGNAL_FOUND, SIGNAL_FAILED, SIGNAL_CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void
clear_deadline (DfnFinder *self)
{
  if (self->deadline != NULL)
    g_source_destroy (self->deadline);
  g_clear_pointer (&self->deadline, g_source_unref);
}

static GError *
make_error (DfnFinder *self)
{
  g_autofree char *problem = dfn_presence_get_problem (self->presence);

  if (dfn_relay_pool_get_n_connected (dfn_presence_get_pool (self->presence)) > 0)
    return g_error_new_literal (
        DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_NOT_FOUND,
        "Nothing with this link is announced. Perhaps it is not shared any more, or it was "
        "announced on other relays");
  if (problem != NULL)
    return g_error_new_literal (DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_NETWORK, problem);
  return g_error_new_literal (
      DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_NETWORK,
      "No relay was found: the link names none, and there is none on this network. Name one "
      "with --relay");
}

static gboolean
on_deadline (gpointer user_data)
{
  g_autoptr (DfnFinder) self = g_object_ref (user_data);
  g_autoptr (GError) error = make_error (self);

  clear_deadline (self);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
  return G_SOURCE_REMOVE;
}

static void
set_deadline (DfnFinder *self, guint milliseconds)
{
  clear_deadline (self);
  self->deadline = g_timeout_source_new (milliseconds);
  g_source_set_callback (self->deadline, on_deadline, self, NULL);
  g_source_attach (self->deadline, g_main_context_get_thread_default ());
}

static void
on_event (DfnSubscription *subscription, DfnNostrEvent *event, DfnFinder *self)
{
  g_debug ("join: an announcement is here");
  g_signal_emit (self, signals[SIGNAL_FOUND], 0, event);
}

static void
on_eose (DfnSubscription *subscription, DfnFinder *self)
{
  if (!self->is_found
      && dfn_relay_pool_get_n_connected (dfn_presence_get_pool (self->presence)) > 0)
    set_deadline (self, LOOK_AROUND_MS);
}

static void
on_presence_changed (DfnPresence *presence, DfnFinder *self)
{
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
on_relay_found (DfnLanDiscovery *lan, const char *url, DfnFinder *self)
{
  dfn_presence_add_relay (self->presence, url, NULL);
}

void
dfn_finder_succeed (DfnFinder *self)
{
  self->is_found = TRUE;
  clear_deadline (self);
}

/* Returns whether any was named. */
static gboolean
add_relays (DfnFinder *self, char **relays)
{
  gboolean any = FALSE;

  /* One that cannot be used is passed over: links come from strangers. */
  for (char **url = relays; *url != NULL; url++)
    any |= dfn_presence_add_relay (self->presence, *url, NULL);
  return any;
}

static void
dfn_finder_dispose (GObject *object)
{
  DfnFinder *self = DFN_FINDER (object);

  clear_deadline (self);
  if (self->subscription != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->subscription, self);
      dfn_subscription_close (self->subscription);
    }
  if (self->lan != NULL)
    g_signal_handlers_disconnect_by_data (self->lan, self);
  if (self->presence != NULL)
    g_signal_handlers_disconnect_by_data (self->presence, self);
  g_clear_object (&self->subscription);
  g_clear_object (&self->lan);
  g_clear_object (&self->presence);
  G_OBJECT_CLASS (dfn_finder_parent_class)->dispose (object);
}

static void
dfn_finder_class_init (DfnFinderClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_finder_dispose;

  signals[SIGNAL_FOUND] = g_signal_new ("found", DFN_TYPE_FINDER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", DFN_TYPE_FINDER, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", DFN_TYPE_FINDER, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 0);
}

static void
dfn_finder_init (DfnFinder *self)
{
}

DfnFinder *
dfn_finder_new (DfnPresence *presence, const DfnAddress *address, char **relays)
{
  DfnFinder *self = g_object_new (DFN_TYPE_FINDER, NULL);
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);
  gboolean has_named;

  self->presence = g_object_ref (presence);
  g_signal_connect (presence, "changed", G_CALLBACK (on_presence_changed), self);
  has_named = add_relays (self, relays);
  add_relays (self, address->relays);
  if (!has_named && dfn_presence_get_scope (presence) != DFN_SCOPE_PUBLIC)
    {
      self->lan = dfn_lan_discovery_new ();
      g_signal_connect (self->lan, "found", G_CALLBACK (on_relay_found), self);
      dfn_lan_discovery_browse (self->lan);
    }
  g_ptr_array_add (filters, dfn_address_to_filter (address));
  self->subscription = dfn_relay_pool_subscribe (dfn_presence_get_pool (presence), filters);
  g_signal_connect (self->subscription, "event", G_CALLBACK (on_event), self);
  g_signal_connect (self->subscription, "eose", G_CALLBACK (on_eose), self);
  set_deadline (self, FIND_TIMEOUT_MS);
  return self;
}
