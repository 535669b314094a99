/* SPDX-License-Identifier: MIT */
#include "dfn-publication.h"

#include "dfn-home-relay.h"

struct _DfnPublication {
  GObject parent_instance;

  DfnPresence *presence;
  DfnAddress *address;
  guint renew_s;
  DfnPublicationSign sign;
  gpointer user_data;

  GCancellable *cancellable;
  DfnHomeRelay *home;
  GSource *renewal;
  gint64 announced_s;       /* the last announcement's created_at */
  DfnSubscription *earlier; /* set once relays were asked for the announcement they have */
  guint n_connected;
  guint n_pending;
  gboolean is_announced;
  gboolean is_ceased;
  char *problem;
};

G_DEFINE_FINAL_TYPE (DfnPublication, dfn_publication, G_TYPE_OBJECT)

enum { SIGNAL_ANNOUNCED, SIGNAL_FAILED, SIGNAL_CHANGED, N_SIGNALS };

static guint signals[N_SIGNALS];

static void publish (DfnPublication *self, DfnPublishMode mode);

static void
set_problem (DfnPublication *self, char *problem)
{
  g_autofree char *owned = problem;

  if (g_strcmp0 (self->problem, problem) == 0)
    return;
  g_free (self->problem);
  self->problem = g_steal_pointer (&owned);
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static gboolean
on_renewal (gpointer user_data)
{
  publish (user_data, DFN_PUBLISH_ALL);
  return G_SOURCE_CONTINUE;
}

static void
start_renewal (DfnPublication *self)
{
  self->renewal = g_timeout_source_new_seconds (self->renew_s);
  g_source_set_callback (self->renewal, on_renewal, self, NULL);
  g_source_attach (self->renewal, g_main_context_get_thread_default ());
}

static void
on_earlier (DfnSubscription *subscription, DfnNostrEvent *event, DfnPublication *self)
{
  self->announced_s = MAX (self->announced_s, dfn_nostr_event_get_created_at (event));
}

static void
on_earlier_known (DfnSubscription *subscription, DfnPublication *self)
{
  dfn_subscription_close (subscription);
  publish (self, DFN_PUBLISH_FIRST);
}

/* A relay keeps the newest announcement of an address. One from an earlier run may be as new as
 * ours, made within the same second or by a clock that was ahead: ours has to be newer. */
static void
ask_for_earlier (DfnPublication *self)
{
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);

  g_ptr_array_add (filters, dfn_address_to_filter (self->address));
  self->earlier = dfn_relay_pool_subscribe (dfn_presence_get_pool (self->presence), filters);
  g_signal_connect (self->earlier, "event", G_CALLBACK (on_earlier), self);
  g_signal_connect (self->earlier, "eose", G_CALLBACK (on_earlier_known), self);
}

static void
take_refusal (DfnPublication *self, const GError *error)
{
  gboolean is_connected =
      dfn_relay_pool_get_n_connected (dfn_presence_get_pool (self->presence)) > 0;

  /* One that was announced before stays; the relays may be back for the next renewal. */
  if (self->is_announced)
    set_problem (self, g_strdup (error->message));
  else if (self->earlier == NULL && is_connected)
    ask_for_earlier (self);
  else
    g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static void
on_published (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (DfnPublication) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (DfnPublishReport) published =
      dfn_relay_pool_publish_finish (DFN_RELAY_POOL (source), result, &error);

  self->n_pending--;
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (published == NULL)
    {
      take_refusal (self, error);
      return;
    }
  if (!self->is_ceased)
    set_problem (self, published->n_refused > 0 ? g_strdup (published->problems[0]) : NULL);
  if (self->is_announced)
    return;
  self->is_announced = TRUE;
  start_renewal (self);
  /* The link is good as soon as one relay has it; what the others say is heard in their own time.
   */
  if (published->n_pending > 0)
    publish (self, DFN_PUBLISH_ALL);
  g_signal_emit (self, signals[SIGNAL_ANNOUNCED], 0);
}

static void
publish (DfnPublication *self, DfnPublishMode mode)
{
  g_autoptr (DfnNostrEvent) event = NULL;

  if (self->is_ceased)
    return;
  /* Of two announcements of one second relays keep either (NIP-01): never make two. */
  self->announced_s = MAX (g_get_real_time () / G_USEC_PER_SEC, self->announced_s + 1);
  event = self->sign (self->announced_s, self->user_data);
  self->n_pending++;
  dfn_relay_pool_publish_async (dfn_presence_get_pool (self->presence), event, mode,
                                self->cancellable, on_published, g_object_ref (self));
}

void
dfn_publication_announce (DfnPublication *self)
{
  publish (self, self->is_announced ? DFN_PUBLISH_ALL : DFN_PUBLISH_FIRST);
}

void
dfn_publication_cease (DfnPublication *self)
{
  self->is_ceased = TRUE;
  set_problem (self,
               g_strdup ("Another program has started this broadcast anew; viewers go there"));
}

static void
on_presence_changed (DfnPresence *presence, DfnPublication *self)
{
  guint n_connected = dfn_relay_pool_get_n_connected (dfn_presence_get_pool (presence));

  /* A relay that is back may have forgotten, or never have heard of it. */
  if (n_connected > self->n_connected && self->is_announced)
    publish (self, DFN_PUBLISH_ALL);
  self->n_connected = n_connected;
  if (!self->is_ceased && (self->is_announced || n_connected == 0))
    set_problem (self, dfn_presence_get_problem (presence));
}

gboolean
dfn_publication_add_relays (DfnPublication *self, char **relays, GError **error)
{
  g_autofree char *local = NULL;

  if (relays[0] == NULL)
    {
      self->home = dfn_home_relay_new (error);
      if (self->home == NULL)
        return FALSE;
      g_strfreev (self->address->relays);
      self->address->relays = dfn_home_relay_get_urls (self->home);
      local = dfn_home_relay_get_local_url (self->home);
      return dfn_presence_add_relay (self->presence, local, error);
    }
  g_strfreev (self->address->relays);
  self->address->relays = g_strdupv (relays);
  for (char **url = relays; *url != NULL; url++)
    if (!dfn_presence_add_relay (self->presence, *url, error))
      return FALSE;
  return TRUE;
}

char *
dfn_publication_get_link (DfnPublication *self)
{
  return self->is_announced ? dfn_address_to_link (self->address) : NULL;
}

const char *const *
dfn_publication_get_relays (DfnPublication *self)
{
  return (const char *const *) self->address->relays;
}

gboolean
dfn_publication_is_lan (DfnPublication *self)
{
  return self->home != NULL;
}

const char *
dfn_publication_get_problem (DfnPublication *self)
{
  return self->problem;
}

gboolean
dfn_publication_is_settled (DfnPublication *self)
{
  return self->n_pending == 0;
}

static void
dfn_publication_dispose (GObject *object)
{
  DfnPublication *self = DFN_PUBLICATION (object);

  g_cancellable_cancel (self->cancellable);
  if (self->renewal != NULL)
    g_source_destroy (self->renewal);
  g_clear_pointer (&self->renewal, g_source_unref);
  if (self->earlier != NULL)
    g_signal_handlers_disconnect_by_data (self->earlier, self);
  g_clear_object (&self->earlier);
  if (self->presence != NULL)
    g_signal_handlers_disconnect_by_data (self->presence, self);
  g_clear_object (&self->presence);
  g_clear_object (&self->home);
  G_OBJECT_CLASS (dfn_publication_parent_class)->dispose (object);
}

static void
dfn_publication_finalize (GObject *object)
{
  DfnPublication *self = DFN_PUBLICATION (object);

  g_object_unref (self->cancellable);
  dfn_address_free (self->address);
  g_free (self->problem);
  G_OBJECT_CLASS (dfn_publication_parent_class)->finalize (object);
}

static void
dfn_publication_class_init (DfnPublicationClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dfn_publication_dispose;
  G_OBJECT_CLASS (klass)->finalize = dfn_publication_finalize;

  signals[SIGNAL_ANNOUNCED] = g_signal_new ("announced", DFN_TYPE_PUBLICATION, G_SIGNAL_RUN_LAST, 0,
                                            NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", DFN_TYPE_PUBLICATION, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", DFN_TYPE_PUBLICATION, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
dfn_publication_init (DfnPublication *self)
{
  self->cancellable = g_cancellable_new ();
}

DfnPublication *
dfn_publication_new (DfnPresence *presence,
                     DfnAddress *address,
                     guint renew_s,
                     DfnPublicationSign sign,
                     gpointer user_data)
{
  DfnPublication *self = g_object_new (DFN_TYPE_PUBLICATION, NULL);

  self->presence = g_object_ref (presence);
  self->address = address;
  self->renew_s = renew_s;
  self->sign = sign;
  self->user_data = user_data;
  g_signal_connect (presence, "changed", G_CALLBACK (on_presence_changed), self);
  return self;
}
