/* SPDX-License-Identifier: MIT */
#include "lab-host.h"

#include <arpa/inet.h>
#include <string.h>
#include <unistd.h>

#include "namespaces.h"

void
lab_host_free (LabHost *self)
{
  if (self->namespace_fd >= 0)
    close (self->namespace_fd);
  if (self->tun_fd >= 0)
    close (self->tun_fd);
  g_free (self->name);
  g_free (self);
}

static gboolean
is_name (const char *text)
{
  gsize length = strspn (text, G_CSET_a_2_z G_CSET_A_2_Z G_CSET_DIGITS "-_");

  return length > 0 && length < 32 && text[length] == '\0';
}

LabHost *
lab_host_new (Cloud *cloud, const char *text, GError **error)
{
  g_autoptr (LabHost) self = g_new0 (LabHost, 1);
  g_auto (GStrv) parts = g_strsplit (text, ":", 2);

  self->namespace_fd = self->tun_fd = -1;
  self->ipv4 = self->ipv6 = TRUE;
  self->name = g_strdup (parts[0]);
  if (parts[0] == NULL || !is_name (parts[0]) || cloud_n_hosts (cloud) == CLOUD_MAX_HOSTS)
    {
      g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                   "\"%s\" is no name of a host, or one host too many", text);
      return NULL;
    }
  self->index = cloud_add_host (cloud);
  if (parts[1] != NULL && !lab_host_set (self, cloud, 0, parts[1], error))
    return NULL;
  return g_steal_pointer (&self);
}

/* What is built into the namespace can only be chosen before it exists. */
static gboolean *
find_switch (LabHost *self, const char *key)
{
  if (self->namespace_fd >= 0)
    return NULL;
  if (strcmp (key, "bare") == 0)
    return &self->bare;
  if (strcmp (key, "ipv4") == 0)
    return &self->ipv4;
  if (strcmp (key, "ipv6") == 0)
    return &self->ipv6;
  return NULL;
}

gboolean
lab_host_set (LabHost *self, Cloud *cloud, guint64 now_ns, const char *settings, GError **error)
{
  g_auto (GStrv) pairs = g_strsplit (settings, ",", -1);

  for (guint i = 0; pairs[i] != NULL; i++)
    {
      g_auto (GStrv) pair = g_strsplit (pairs[i], "=", 2);
      gboolean *target;

      if (g_strv_length (pair) != 2)
        {
          g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "\"%s\" is not KEY=VALUE",
                       pairs[i]);
          return FALSE;
        }
      target = find_switch (self, pair[0]);
      if (target != NULL)
        *target = strcmp (pair[1], "0") != 0;
      else if (!cloud_set (cloud, self->index, now_ns, pair[0], pair[1], error))
        return FALSE;
    }
  return TRUE;
}

gboolean
lab_host_build (LabHost *self, const Cloud *cloud, int mtu, GError **error)
{
  struct in_addr ipv4 = cloud_ipv4 (cloud, self->index);
  struct in6_addr ipv6 = cloud_ipv6 (cloud, self->index);

  self->namespace_fd = namespace_new (error);
  if (self->namespace_fd < 0)
    return FALSE;
  if (self->bare)
    return TRUE;
  self->tun_fd = namespace_add_tun (self->namespace_fd, mtu, self->ipv4 ? &ipv4 : NULL,
                                    self->ipv6 ? &ipv6 : NULL, error);
  return self->tun_fd >= 0;
}

char *
lab_host_describe (const LabHost *self, const Cloud *cloud)
{
  struct in_addr ipv4 = cloud_ipv4 (cloud, self->index);
  struct in6_addr ipv6 = cloud_ipv6 (cloud, self->index);
  char ipv4_text[INET_ADDRSTRLEN] = "", ipv6_text[INET6_ADDRSTRLEN] = "";

  if (self->ipv4 && !self->bare)
    inet_ntop (AF_INET, &ipv4, ipv4_text, sizeof ipv4_text);
  if (self->ipv6 && !self->bare)
    inet_ntop (AF_INET6, &ipv6, ipv6_text, sizeof ipv6_text);
  return g_strdup_printf ("{\"name\":\"%s\",\"namespace\":\"/proc/%d/fd/%d\",\"ipv4\":\"%s\","
                          "\"ipv6\":\"%s\"}",
                          self->name, getpid (), self->namespace_fd, ipv4_text, ipv6_text);
}

static char *
report_link (const Cloud *cloud, guint host, LinkDirection direction)
{
  const LinkCounters *counters = cloud_counters (cloud, host, direction);

  return g_strdup_printf ("{\"packets\":%" G_GUINT64_FORMAT ",\"bytes\":%" G_GUINT64_FORMAT
                          ",\"lost\":%" G_GUINT64_FORMAT ",\"overflowed\":%" G_GUINT64_FORMAT
                          ",\"longest_queue\":%" G_GUINT64_FORMAT "}",
                          counters->packets, counters->bytes, counters->lost, counters->overflowed,
                          counters->longest_queue);
}

char *
lab_host_report (const LabHost *self, const Cloud *cloud)
{
  g_autofree char *up = report_link (cloud, self->index, LINK_UP);
  g_autofree char *down = report_link (cloud, self->index, LINK_DOWN);

  return g_strdup_printf ("{\"name\":\"%s\",\"up\":%s,\"down\":%s}", self->name, up, down);
}
