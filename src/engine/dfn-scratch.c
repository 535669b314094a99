/* SPDX-License-Identifier: MIT */
#include "dfn-scratch.h"

#include "dfn-engine-error.h"

#include <errno.h>
#include <glib/gstdio.h>

char *
dfn_scratch_make (GError **error)
{
  g_autofree char *cache = g_build_filename (g_get_user_cache_dir (), "defiance", NULL);
  g_autofree char *folder = g_build_filename (cache, "view-XXXXXX", NULL);

  if (g_mkdir_with_parents (cache, 0700) != 0 || g_mkdtemp (folder) == NULL)
    {
      int saved_errno = errno;
      g_autofree char *name = g_filename_display_name (cache);

      g_set_error (error, DFN_ENGINE_ERROR, DFN_ENGINE_ERROR_FILE,
                   "The folder “%s” cannot be used: %s", name, g_strerror (saved_errno));
      return NULL;
    }
  return g_build_filename (folder, "file", NULL);
}

void
dfn_scratch_forget (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *part = g_strconcat (path, ".part", NULL);
  g_autofree char *state = g_strconcat (part, ".state", NULL);

  g_unlink (part);
  g_unlink (state);
  g_rmdir (folder);
}
