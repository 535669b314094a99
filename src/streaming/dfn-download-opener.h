/* SPDX-License-Identifier: MIT */
#pragma once

#include "dfn-download-state.h"
#include "dfn-manifest.h"

G_BEGIN_DECLS

/*
 * What dfn-download-file needs of the file system: finding, locking, creating and renaming the
 * files of one download, so that neither another process nor another file is ever harmed.
 */

typedef struct {
  char *output;
  char *part;
  char *state;
  char *folder;
} DfnDownloadPaths;

DfnDownloadPaths *dfn_download_paths_new (const char *output);
void dfn_download_paths_free (DfnDownloadPaths *self);

/**
 * dfn_download_open_state:
 * @state: (out) (nullable): the state file, locked: new, or read from an earlier run; %NULL when
 *   OUTPUT exists already
 *
 * Returns: %TRUE on success; else %FALSE with %DFN_STREAMING_ERROR_BUSY,
 * %DFN_STREAMING_ERROR_EXISTS, %DFN_STREAMING_ERROR_NO_SPACE or %DFN_STREAMING_ERROR_IO
 */
gboolean dfn_download_open_state (DfnDownloadPaths *paths,
                                  DfnManifest *manifest,
                                  DfnDownloadState **state,
                                  GError **error);

/**
 * dfn_download_open_part:
 *
 * Opens the data of an earlier run or creates it, at its full length, if there is room for the
 * rest.
 *
 * Returns: a file descriptor, or -1 with an error as above
 */
int dfn_download_open_part (DfnDownloadPaths *paths,
                            DfnManifest *manifest,
                            DfnDownloadState *state,
                            GError **error);

/**
 * dfn_download_open_output:
 *
 * Returns: OUTPUT open for reading if it is a regular file of the right size, or -1 with
 *   %DFN_STREAMING_ERROR_EXISTS or %DFN_STREAMING_ERROR_IO
 */
int dfn_download_open_output (DfnDownloadPaths *paths, DfnManifest *manifest, GError **error);

/** dfn_download_remove_leftover_state: removes a state whose data has become OUTPUT already */
void dfn_download_remove_leftover_state (DfnDownloadPaths *paths);

/** dfn_download_rename: gives the data its final name unless something has it */
gboolean dfn_download_rename (DfnDownloadPaths *paths, GError **error);
void dfn_download_sync_folder (DfnDownloadPaths *paths);

/* Set the error and return %FALSE. */
gboolean dfn_download_fail_exists (const char *path, GError **error);
gboolean dfn_download_fail_changed (DfnDownloadPaths *paths, gboolean is_complete, GError **error);

G_END_DECLS
