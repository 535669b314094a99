/* SPDX-License-Identifier: MIT */
#include "dfn-download-file.h"
#include "dfn-hash-tree.h"

#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>

/* The state file of an interrupted download. Whatever it says, no byte that does not prove counts
 * as present, and a download that opens can be finished. The first byte of the input says how much
 * of the data is there; the rest is the state. */
int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

#define N_CHUNKS 3
#define CHUNK_SIZE (256 * 1024)
#define SIZE (2 * CHUNK_SIZE + 100)

static char *folder, *output, *part, *state;
static guint8 *content;
static DfnManifest *manifest;
static DfnHashTree *tree;
static DfnProgress *progress;

static void
remove_all (void)
{
  g_unlink (output);
  g_unlink (part);
  g_unlink (state);
}

static void
on_exit_remove (void)
{
  remove_all ();
  g_rmdir (folder);
}

static void
set_up (void)
{
  static const guint8 no_digest[DFN_HASH_SIZE];
  const char *memory = g_file_test ("/dev/shm", G_FILE_TEST_IS_DIR) ? "/dev/shm" : g_get_tmp_dir ();

  folder = g_mkdtemp (g_build_filename (memory, "dfn-fuzz-XXXXXX", NULL));
  output = g_build_filename (folder, "out", NULL);
  part = g_build_filename (folder, "out.part", NULL);
  state = g_build_filename (folder, "out.part.state", NULL);
  content = g_malloc (SIZE);
  for (guint i = 0; i < SIZE; i++)
    content[i] = (guint8) (i * 7 + i / 251);
  tree = dfn_hash_tree_new (N_CHUNKS);
  for (guint i = 0; i < N_CHUNKS; i++)
    {
      guint8 leaf[DFN_HASH_SIZE];

      dfn_hash_tree_hash_leaf (content + i * CHUNK_SIZE, MIN (CHUNK_SIZE, SIZE - i * CHUNK_SIZE),
                               leaf);
      dfn_hash_tree_append_leaf (tree, leaf);
    }
  manifest = dfn_manifest_new ("out", NULL, NULL, NULL, SIZE, CHUNK_SIZE,
                               dfn_hash_tree_get_root (tree), no_digest);
  progress = dfn_progress_new (NULL, NULL);
  atexit (on_exit_remove);
}

static void
check_present (DfnDownloadFile *file)
{
  const DfnBitmap *present = dfn_download_file_get_present (file);

  for (guint32 i = dfn_bitmap_next (present, 0); i < N_CHUNKS; i = dfn_bitmap_next (present, i + 1))
    {
      g_autoptr (GBytes) path = NULL;
      g_autoptr (GBytes) chunk = dfn_download_file_read (file, i, &path, NULL);

      g_assert (chunk != NULL && path != NULL);
      g_assert (memcmp (g_bytes_get_data (chunk, NULL), content + i * CHUNK_SIZE,
                        g_bytes_get_size (chunk))
                == 0);
    }
}

static void
finish (DfnDownloadFile *file)
{
  for (guint32 i = 0; i < N_CHUNKS; i++)
    {
      g_autoptr (GBytes) path = dfn_hash_tree_get_path (tree, i);
      g_autoptr (GBytes) chunk = g_bytes_new_static (content + i * CHUNK_SIZE,
                                                     dfn_manifest_get_chunk_length (manifest, i));

      g_assert (dfn_download_file_put (file, i, chunk, path, NULL));
    }
  g_assert (dfn_download_file_complete (file, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (DfnDownloadFile) file = NULL;

  if (folder == NULL)
    set_up ();
  if (size < 1)
    return 0;
  remove_all ();
  g_assert (g_file_set_contents_full (part, (const char *) content, SIZE * data[0] / 255,
                                      G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  g_assert (g_file_set_contents_full (state, (const char *) data + 1, (gssize) size - 1,
                                      G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  file = dfn_download_file_open (output, manifest, progress, NULL, NULL);
  if (file == NULL)
    return 0;
  check_present (file);
  finish (file);
  check_present (file);
  return 0;
}
