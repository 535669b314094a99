/* SPDX-License-Identifier: MIT */
#include "dfn-identity.h"

#include "dfn-file.h"
#include "dfn-paths.h"
#include "dfn-secret.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_NAME "identity"
/* An nsec is 63 characters; a line feed may follow. */
#define MAX_SIZE 128

static char *
get_path (GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autofree char *folder = dfn_paths_data_dir (&reason);

  if (folder != NULL)
    return g_build_filename (folder, FILE_NAME, NULL);
  g_set_error_literal (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_IDENTITY, reason->message);
  return NULL;
}

static gboolean
fail (GError **error, const char *action, const char *path, const char *reason)
{
  g_set_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_IDENTITY, "Cannot %s the key in “%s”: %s",
               action, path, reason);
  return FALSE;
}

/* Reads the file into guarded memory, ended by a zero byte. Returns NULL without an error if there
 * is none. */
static char *
read_file (const char *path, GError **error)
{
  int fd = g_open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
  struct stat info;
  char *text;
  gssize n;

  if (fd < 0)
    {
      if (errno != ENOENT)
        fail (error, "read", path, g_strerror (errno));
      return NULL;
    }
  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode) || (info.st_mode & 077) != 0)
    {
      close (fd);
      fail (error, "trust", path,
            "others may read it; make it yours alone with “chmod 600” if you still trust it");
      return NULL;
    }
  text = dfn_secret_new (MAX_SIZE + 1);
  n = dfn_file_read_all (fd, text, MAX_SIZE, 0);
  close (fd);
  if (n < 0)
    {
      dfn_secret_free (text);
      fail (error, "read", path, g_strerror (errno));
      return NULL;
    }
  g_strchomp (text);
  return text;
}

DfnNostrKey *
dfn_identity_load (GError **error)
{
  g_autofree char *path = get_path (error);
  g_autoptr (GError) reason = NULL;
  DfnNostrKey *key;
  char *text;

  if (path == NULL)
    return NULL;
  text = read_file (path, error);
  if (text == NULL)
    return NULL;
  key = dfn_nostr_key_import (text, &reason);
  dfn_secret_free (text);
  if (key == NULL)
    fail (error, "understand", path, reason->message);
  return key;
}

DfnNostrKey *
dfn_identity_load_or_create (GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_autoptr (DfnNostrKey) key = dfn_identity_load (&reason);

  if (reason != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return NULL;
    }
  if (key != NULL)
    return g_steal_pointer (&key);
  key = dfn_nostr_key_generate ();
  return dfn_identity_store (key, FALSE, error) ? g_steal_pointer (&key) : NULL;
}

/* Gives the present file another name, the first that is free. A hard link never replaces. */
static gboolean
keep_old (const char *path, GError **error)
{
  for (guint i = 1; i < 1000; i++)
    {
      g_autofree char *old = g_strdup_printf ("%s.old-%u", path, i);

      if (link (path, old) == 0 || errno == ENOENT)
        return TRUE;
      if (errno != EEXIST)
        return fail (error, "set aside", path, g_strerror (errno));
    }
  return fail (error, "set aside", path, "there are too many old ones beside it");
}

gboolean
dfn_identity_store (DfnNostrKey *key, gboolean replace, GError **error)
{
  g_autofree char *path = get_path (error);
  g_autoptr (GError) reason = NULL;
  gboolean ok;
  char *text;

  if (path == NULL)
    return FALSE;
  if (!replace && g_file_test (path, G_FILE_TEST_EXISTS))
    return fail (error, "replace", path, "there is one already");
  if (replace && !keep_old (path, error))
    return FALSE;
  text = dfn_nostr_key_export (key);
  ok = dfn_file_write_atomically (path, text, strlen (text), 0600, &reason);
  dfn_secret_free_string (text);
  return ok || fail (error, "write", path, reason->message);
}
