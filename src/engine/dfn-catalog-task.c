/* SPDX-License-Identifier: MIT */
#include "dfn-catalog-task.h"

#include "dfn-announcement.h"
#include "dfn-lan-discovery.h"
#include "dfn-live-announcement.h"
#include "dfn-nostr-kinds.h"
#include "dfn-relay-pool.h"
#include "dfn-source.h"

/* How long relays of this network have to be found, and to answer. */
#define LOOK_AROUND_MS 3000
/* What is asked of each relay. */
#define MAX_ENTRIES 500
/* Where a link from this catalog says to look. */
#define MAX_LINK_RELAYS 4

struct _DfnCatalogTask {
  GObject parent_instance;

  DfnMailbox *mailbox;
  char **relays;
  DfnRelayPool *pool;
  DfnSubscription *subscription;
  DfnLanDiscovery *lan;
  GSource *look_around;
  char *problem;
};

G_DEFINE_FINAL_TYPE (DfnCatalogTask, dfn_catalog_task, G_TYPE_OBJECT)

static void
post (DfnCatalogTask *self, DfnCatalogEntry *entry, gboolean is_complete, const char *problem)
{
  DfnCatalogMessage *message = g_new0 (DfnCatalogMessage, 1);

  message->entry = entry;
  message->is_complete = is_complete;
  message->problem = g_strdup (problem);
  message->n_connected = dfn_relay_pool_get_n_connected (self->pool);
  dfn_mailbox_post (self->mailbox, message);
}

/* @contact: of a live stream, otherwise %NULL */
static char *
make_link (DfnCatalogTask *self, const char *contact, const char *pubkey, const char *identifier)
{
  g_autoptr (GStrvBuilder) urls = g_strv_builder_new ();
  g_auto (GStrv) relays = NULL;
  g_autoptr (DfnAddress) address = NULL;
  GPtrArray *all = dfn_relay_pool_get_relays (self->pool);

  for (guint i = 0; i < all->len && i < MAX_LINK_RELAYS; i++)
    g_strv_builder_add (urls, dfn_relay_client_get_url (all->pdata[i]));
  relays = g_strv_builder_end (urls);
  address = (contact != NULL ? dfn_address_new_live
                             : dfn_address_new) (pubkey, identifier, (const char *const *) relays);
  address->contact = g_strdup (contact);
  return dfn_address_to_link (address);
}

static DfnCatalogEntry *
read_file (DfnCatalogTask *self, DfnNostrEvent *event, GError **error)
{
  g_autoptr (DfnAnnouncement) announcement = dfn_announcement_read (event, error);
  DfnCatalogEntry *entry;

  if (announcement == NULL)
    return NULL;
  entry = g_new0 (DfnCatalogEntry, 1);
  entry->link = make_link (self, NULL, announcement->pubkey, announcement->identifier);
  entry->title = g_strdup (dfn_manifest_get_title (announcement->manifest));
  entry->summary = g_strdup (dfn_manifest_get_summary (announcement->manifest));
  entry->mime_type = g_strdup (dfn_manifest_get_mime_type (announcement->manifest));
  entry->size = dfn_manifest_get_size (announcement->manifest);
  entry->pubkey = g_strdup (announcement->pubkey);
  entry->announced_at = announcement->created_at;
  return entry;
}

/* One that is over, or that was not renewed for an hour (NIP-53), cannot be watched. */
static DfnCatalogEntry *
read_live (DfnCatalogTask *self, DfnNostrEvent *event, GError **error)
{
  g_autoptr (DfnLiveAnnouncement) announcement = dfn_live_announcement_read (event, error);
  gint64 now_s = g_get_real_time () / G_USEC_PER_SEC;
  const DfnLiveTrack *track;
  DfnCatalogEntry *entry;

  if (announcement == NULL)
    return NULL;
  if (announcement->manifest->is_ended
      || announcement->created_at < now_s - DFN_LIVE_ANNOUNCEMENT_STALE_S)
    {
      g_set_error_literal (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_NOT_FOUND,
                           "This broadcast has ended");
      return NULL;
    }
  track = announcement->manifest->tracks->pdata[0];
  entry = g_new0 (DfnCatalogEntry, 1);
  entry->is_live = TRUE;
  entry->link =
      make_link (self, announcement->contact, announcement->pubkey, announcement->identifier);
  entry->title = g_strdup (announcement->manifest->title);
  entry->summary = g_strdup (announcement->manifest->summary);
  entry->mime_type = g_strdup (track->media_type);
  entry->pubkey = g_strdup (announcement->pubkey);
  entry->announced_at = announcement->created_at;
  return entry;
}

static void
on_event (DfnSubscription *subscription, DfnNostrEvent *event, DfnCatalogTask *self)
{
  g_autoptr (GError) error = NULL;
  gboolean is_live = dfn_nostr_event_get_kind (event) == DFN_NOSTR_KIND_LIVE;
  DfnCatalogEntry *entry = (is_live ? read_live : read_file) (self, event, &error);

  if (entry != NULL)
    post (self, entry, FALSE, NULL);
  else
    g_debug ("Passed over an announcement: %s", error->message);
}

static void
on_eose (DfnSubscription *subscription, DfnCatalogTask *self)
{
  /* Without named relays the end is when those around have had their time. */
  if (self->lan == NULL)
    post (self, NULL, TRUE, NULL);
}

static gboolean
on_looked_around (gpointer user_data)
{
  post (user_data, NULL, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

static void
on_relay_changed (DfnRelayPool *pool, DfnRelayClient *relay, DfnCatalogTask *self)
{
  const char *problem = dfn_relay_client_get_problem (relay);

  if (problem == NULL || g_strcmp0 (problem, self->problem) == 0)
    return;
  g_free (self->problem);
  self->problem = g_strdup (problem);
  post (self, NULL, FALSE, problem);
}

static void
on_relay_found (DfnLanDiscovery *lan, const char *url, DfnCatalogTask *self)
{
  dfn_relay_pool_add (self->pool, url, NULL);
}

static void
look_around (DfnCatalogTask *self)
{
  self->lan = dfn_lan_discovery_new ();
  g_signal_connect (self->lan, "found", G_CALLBACK (on_relay_found), self);
  dfn_lan_discovery_browse (self->lan);
  self->look_around =
      dfn_source_attach (g_timeout_source_new (LOOK_AROUND_MS),
                         g_main_context_get_thread_default (), on_looked_around, self);
}

void
dfn_catalog_task_start (gpointer task)
{
  DfnCatalogTask *self = task;
  g_autoptr (DfnNostrFilter) filter = dfn_nostr_filter_new ();
  g_autoptr (GPtrArray) filters =
      g_ptr_array_new_with_free_func ((GDestroyNotify) dfn_nostr_filter_unref);

  self->pool = dfn_relay_pool_new ();
  g_signal_connect (self->pool, "relay-changed", G_CALLBACK (on_relay_changed), self);
  for (char **url = self->relays; *url != NULL; url++)
    dfn_relay_pool_add (self->pool, *url, NULL);
  if (self->relays[0] == NULL)
    look_around (self);
  dfn_nostr_filter_add_kind (filter, DFN_NOSTR_KIND_FILE);
  dfn_nostr_filter_add_kind (filter, DFN_NOSTR_KIND_LIVE);
  dfn_nostr_filter_set_limit (filter, MAX_ENTRIES);
  g_ptr_array_add (filters, g_steal_pointer (&filter));
  self->subscription = dfn_relay_pool_subscribe (self->pool, filters);
  g_signal_connect (self->subscription, "event", G_CALLBACK (on_event), self);
  g_signal_connect (self->subscription, "eose", G_CALLBACK (on_eose), self);
}

void
dfn_catalog_task_stop (gpointer task)
{
  DfnCatalogTask *self = task;

  dfn_source_clear (&self->look_around);
  if (self->lan != NULL)
    g_signal_handlers_disconnect_by_data (self->lan, self);
  g_signal_handlers_disconnect_by_data (self->subscription, self);
  g_signal_handlers_disconnect_by_data (self->pool, self);
  dfn_subscription_close (self->subscription);
  g_clear_object (&self->lan);
  g_clear_object (&self->subscription);
  g_clear_object (&self->pool);
}

static void
dfn_catalog_task_finalize (GObject *object)
{
  DfnCatalogTask *self = DFN_CATALOG_TASK (object);

  dfn_mailbox_unref (self->mailbox);
  g_strfreev (self->relays);
  g_free (self->problem);
  G_OBJECT_CLASS (dfn_catalog_task_parent_class)->finalize (object);
}

static void
dfn_catalog_task_class_init (DfnCatalogTaskClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = dfn_catalog_task_finalize;
}

static void
dfn_catalog_task_init (DfnCatalogTask *self)
{
}

DfnCatalogTask *
dfn_catalog_task_new (DfnNode *node, DfnMailbox *mailbox)
{
  DfnCatalogTask *self = g_object_new (DFN_TYPE_CATALOG_TASK, NULL);

  self->mailbox = dfn_mailbox_ref (mailbox);
  self->relays = g_strdupv ((char **) dfn_node_get_relays (node));
  return self;
}
